using Provisioning.Core.Approvals;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>Drops once an hour the requests for approval that expired long ago.</summary>
internal sealed partial class ApprovalCleanupJob(
    IApprovalStore approvals, ClockGuard clock, TimeProvider time, ILogger<ApprovalCleanupJob> logger) : BackgroundService
{
    // A transaction of so many is as short as any other.
    private const int Piece = 500;

    private static readonly TimeSpan Memory = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await approvals.ForgetApprovalsAsync(clock.LastBelieved() - Memory, Piece, stoppingToken) == Piece)
                {
                    // The next piece comes behind whatever waits for the writer meanwhile.
                }
            }
            catch (StorageUnavailableException problem)
            {
                Log.Kept(logger, problem.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1103, LogLevel.Warning, "Old requests for approval could not be dropped yet: {Problem}")]
        internal static partial void Kept(ILogger logger, string problem);
    }
}
