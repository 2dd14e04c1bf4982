using Provisioning.Storage;

namespace Provisioning.Server.Jobs;

/// <summary>
/// Ends the process when the disk refused to make something durable: after a failed fsync nothing that the page cache says can be
/// trusted. The next start writes the log anew before it trusts it.
/// </summary>
internal sealed partial class StorageFailureJob(
    Database database, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StorageFailureJob> logger) : BackgroundService
{
    // For answers under way. None of them can be a certificate any more, so slow callers are not waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var stopping = Task.Delay(Timeout.Infinite, stoppingToken);
        if (await Task.WhenAny(database.Failed, stopping) == stopping) return;
        var failure = await database.Failed;
        Log.Failed(logger, failure);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
        _ = EndAsync();
    }

    private async Task EndAsync()
    {
        await Task.Delay(Patience, time, CancellationToken.None);
        Environment.Exit(Environment.ExitCode);
    }

    private static partial class Log
    {
        [LoggerMessage(1301, LogLevel.Critical, "The disk failed to store what was written. The server stops; start it again.")]
        internal static partial void Failed(ILogger logger, Exception failure);
    }
}
