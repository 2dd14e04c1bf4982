using Provisioning.Core.Campaigns;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>
/// Once a minute: revokes the certificates whose overlap is over, where their group says so; and once an hour gives up renewals that never
/// reached their devices. Looks at the campaigns that other nodes have started.
/// </summary>
internal sealed partial class SuccessionJob(
    SuccessionService succession, CampaignCatalog campaigns, TimeProvider time, ILogger<SuccessionJob> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), time);
        for (var minute = 0; await timer.WaitForNextTickAsync(stoppingToken); minute++)
        {
            try
            {
                await campaigns.RefreshAsync(stoppingToken);
                await succession.RevokeSupersededAsync(stoppingToken);

                // It looks at every renewal that was not seen yet.
                if (minute % 60 != 0) continue;
                var given = await succession.GiveUpUnconfirmedAsync(stoppingToken);
                if (given > 0) Log.GivenUp(logger, given);
            }
            catch (StorageUnavailableException problem)
            {
                Log.Later(logger, problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A defect here must not end the service.
                Log.Defect(logger, problem);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1110, LogLevel.Warning, "Superseded certificates could not be dealt with yet: {Problem}")]
        internal static partial void Later(ILogger logger, string problem);

        [LoggerMessage(1111, LogLevel.Information, "{Count} renewed certificates were given up: their devices still use those before.")]
        internal static partial void GivenUp(ILogger logger, int count);

        [LoggerMessage(1112, LogLevel.Error, "Dealing with superseded certificates failed; it is tried again in a minute.")]
        internal static partial void Defect(ILogger logger, Exception problem);
    }
}
