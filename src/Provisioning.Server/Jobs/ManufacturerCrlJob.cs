using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>
/// Takes the CRLs of manufacturers that an operator or a script puts into <c>trust-anchors/NAME.crl</c> of the data directory, when a file
/// changes. What cannot be taken is told once for each version of the file; what may be taken later is tried again.
/// </summary>
internal sealed partial class ManufacturerCrlJob(
    DataDirectory data, TrustAnchorService anchors, TimeProvider time, ILogger<ManufacturerCrlJob> logger) : BackgroundService
{
    /// <summary>How often the files are looked at.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Version> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Version Version, string Problem)> _told = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            foreach (var anchor in anchors.All.Where(anchor => anchor.WithdrawnAt is null)) await LookAsync(anchor.Name, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(string name, CancellationToken ct)
    {
        try
        {
            var file = new FileInfo(Path.Combine(data.Path, "trust-anchors", name + ".crl"));
            if (!file.Exists) return;
            var version = new Version(file.Length, file.LastWriteTimeUtc);
            if (_seen.GetValueOrDefault(name) == version) return;
            var refusal = await TakeAsync(name, file, ct);
            if (refusal is not null && _told.GetValueOrDefault(name) != (version, refusal.Detail))
            {
                Log.NotTaken(logger, name, file.FullName, refusal.Detail);
                _told[name] = (version, refusal.Detail);
            }

            // A service may start before its clock is set; the file would be lost on it for ever.
            if (refusal?.RetryAfter is null) _seen[name] = version;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or StorageUnavailableException)
        {
            // Looked at again the next time.
            Log.NotTaken(logger, name, data.Path, problem.Message);
        }
    }

    private async Task<Refusal?> TakeAsync(string name, FileInfo file, CancellationToken ct)
    {
        if (file.Length > TrustAnchorService.MaxCrlLength) return new Refusal(RefusalCode.TooLarge, "It is larger than 4 MiB.");
        var taken = await anchors.TakeCrlAsync(name, await File.ReadAllBytesAsync(file.FullName, ct), new Caller.Service(), ct);
        return taken.TryGet(out _, out var refusal) ? null : refusal;
    }

    private sealed record Version(long Length, DateTime Modified);

    private static partial class Log
    {
        [LoggerMessage(1403, LogLevel.Warning, "The CRL of the trust anchor '{Anchor}' in {Path} is not taken: {Problem}")]
        internal static partial void NotTaken(ILogger logger, string anchor, string path, string problem);
    }
}
