using Provisioning.Storage.Sessions;

namespace Provisioning.Server.Jobs;

/// <summary>Tells the operator of rows that cannot be read, and are left out, or told as far as they can be.</summary>
internal sealed partial class DamagedRowLog(ILogger<DamagedRowLog> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        DamagedRows.Met += Tell;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        DamagedRows.Met -= Tell;
        return Task.CompletedTask;
    }

    private void Tell(string row, string problem) => Log.Damaged(logger, row, problem);

    private static partial class Log
    {
        [LoggerMessage(1302, LogLevel.Error, "The row {Row} is damaged, and left out, or told as far as it can be read: {Problem} Somebody else has written to the database: see the verb audit.")]
        internal static partial void Damaged(ILogger logger, string row, string problem);
    }
}
