using Provisioning.Storage;

namespace Provisioning.Server.Jobs;

/// <summary>
/// Ends the process when the disk refused to make something durable: after a failed fsync nothing that the page cache says can be
/// trusted, so a new start must read from the disk what is really there.
/// </summary>
internal sealed partial class StorageFailureJob(
    Database database, IHostApplicationLifetime lifetime, ILogger<StorageFailureJob> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var stopping = Task.Delay(Timeout.Infinite, stoppingToken);
        if (await Task.WhenAny(database.Failed, stopping) == stopping) return;
        var failure = await database.Failed;
        Log.Failed(logger, failure);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    private static partial class Log
    {
        [LoggerMessage(1301, LogLevel.Critical, "The disk failed to store what was written. The server stops; start it again.")]
        internal static partial void Failed(ILogger logger, Exception failure);
    }
}
