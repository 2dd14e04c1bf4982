using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Revocation;

/// <summary>
/// The CRL of an authority whose key is kept elsewhere: an operator brings it as a file. It is taken when it verifies
/// and its number is higher than that of the published one; until then the published one stays.
/// </summary>
/// <param name="authority">Whose.</param>
/// <param name="published">Where it goes.</param>
/// <param name="options">Where it comes from.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears why a file was not taken, once for each version of the file.</param>
internal sealed partial class SuppliedCrl(
    Authority authority, PublishedCrls published, CrlOptions options, TimeProvider time, ILogger logger)
{
    private const long MaximumLength = 64 << 20;

    private readonly string _path = Path.Combine(options.SuppliedDirectory, authority.Name + ".crl");
    private (long Length, DateTime Modified)? _seen;
    private bool _staleSaid;

    /// <summary>Looks whether there is a new one. Cheap when there is none.</summary>
    /// <returns>What is published now, or null.</returns>
    public async Task<CrlStatus?> TakeAsync()
    {
        var file = new FileInfo(_path);
        if (file.Exists && (file.Length, file.LastWriteTimeUtc) != _seen && await JudgeAsync(file))
            _seen = (file.Length, file.LastWriteTimeUtc);

        var current = published.Find(authority.Name);
        var fresh = current?.IsFresh(time.GetUtcNow()) == true;
        if (!fresh && !_staleSaid) Log.Stale(logger, authority.Name, current?.NextUpdate, _path);
        _staleSaid = !fresh;
        return current;
    }

    // False when the same file may be judged otherwise later.
    private async Task<bool> JudgeAsync(FileInfo file)
    {
        if (file.Length > MaximumLength) return Refuse("it is larger than 64 MiB");
        var content = await File.ReadAllBytesAsync(file.FullName);
        var facts = CrlFacts.TryRead(authority.Name, content);
        if (facts is null)
            return Refuse("it is not a complete v2 CRL in DER with a nextUpdate and a CRL number of at most 63 bits");

        if (!facts.IsSignedBy(authority)) return Refuse("it is not issued and signed by this authority");

        var current = published.Find(authority.Name);
        if (facts.Status.Hash == current?.Hash) return true;
        if (facts.Status.Number <= current?.Number)
            return Refuse($"its number {facts.Status.Number} is not higher than {current.Number}, which is published");
        if (facts.Status.ThisUpdate > time.GetUtcNow())
        {
            Log.NotYet(logger, authority.Name, _path, facts.Status.ThisUpdate);
            return false;
        }

        await published.StageAsync(facts.Status.Name, async stream =>
        {
            await stream.WriteAsync(content);
            return content.Length;
        });
        published.Publish(facts.Status);
        Log.Taken(logger, authority.Name, facts.Status.Number, facts.Status.NextUpdate);
        return true;
    }

    private bool Refuse(string reason)
    {
        Log.Refused(logger, authority.Name, _path, reason);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information,
            Message = "CRL {Number} of authority '{Authority}' was supplied and is shown; valid until {NextUpdate:u}.")]
        public static partial void Taken(ILogger logger, string authority, long number, DateTimeOffset nextUpdate);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
            Message = "The CRL for authority '{Authority}' in {Path} is not taken: {Reason}.")]
        public static partial void Refused(ILogger logger, string authority, string path, string reason);

        [LoggerMessage(EventId = 3, Level = LogLevel.Information,
            Message = "The CRL for authority '{Authority}' in {Path} waits for its thisUpdate, {ThisUpdate:u}.")]
        public static partial void NotYet(ILogger logger, string authority, string path, DateTimeOffset thisUpdate);

        [LoggerMessage(EventId = 4, Level = LogLevel.Error,
            Message = "Authority '{Authority}' has no valid CRL (nextUpdate {NextUpdate:u}) and its key is not here: "
                + "relying parties that check it refuse its certificates. Sign one with the offline key and put it "
                + "into {Path} as DER.")]
        public static partial void Stale(ILogger logger, string authority, DateTimeOffset? nextUpdate, string path);
    }
}
