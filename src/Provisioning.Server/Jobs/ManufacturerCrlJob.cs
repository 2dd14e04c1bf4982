using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>
/// Takes the CRLs of manufacturers that an operator or a script puts into <c>trust-anchors/NAME.crl</c> of the data directory, when a file
/// changes. What cannot be taken is told once for each version of the file.
/// </summary>
internal sealed partial class ManufacturerCrlJob(
    DataDirectory data, TrustAnchorService anchors, TimeProvider time, ILogger<ManufacturerCrlJob> logger) : BackgroundService
{
    /// <summary>How often the files are looked at.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, (long Length, DateTime Modified)> _seen = new(StringComparer.Ordinal);

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
            if (!file.Exists || _seen.GetValueOrDefault(name) == (file.Length, file.LastWriteTimeUtc)) return;
            var version = (file.Length, file.LastWriteTimeUtc);
            if (file.Length > TrustAnchorService.MaxCrlLength) Log.NotTaken(logger, name, file.FullName, "it is larger than 4 MiB");
            else if (!(await anchors.TakeCrlAsync(name, await File.ReadAllBytesAsync(file.FullName, ct), new Caller.Service(), ct)).TryGet(out _, out var refusal))
                Log.NotTaken(logger, name, file.FullName, refusal.Detail);
            _seen[name] = version;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or StorageUnavailableException)
        {
            // Looked at again the next time.
            Log.NotTaken(logger, name, data.Path, problem.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1401, LogLevel.Warning, "The CRL of the trust anchor '{Anchor}' in {Path} is not taken: {Problem}")]
        internal static partial void NotTaken(ILogger logger, string anchor, string path, string problem);
    }
}
