using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>Gives up the reservations that a failing database left behind, as soon as it works again.</summary>
internal sealed partial class ReservationSweepJob(ICertificateStore store, TimeProvider time, ILogger<ReservationSweepJob> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await store.SweepAsync(stoppingToken);
            }
            catch (StorageUnavailableException problem)
            {
                // Tried again at the next tick; readiness tells the operator.
                Log.StillUnavailable(logger, problem.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Warning, "Reservations cannot be given up yet: {Problem}")]
        internal static partial void StillUnavailable(ILogger logger, string problem);
    }
}
