using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;

namespace Provisioning.Server.Jobs;

/// <summary>Makes the reports of lots that were closed when the server was killed, or that could not be signed then.</summary>
internal sealed partial class LotReportJob(LotClosing closing, TimeProvider time, ILogger<LotReportJob> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(10), time);
        do
        {
            try
            {
                foreach (var (lot, refusal) in await closing.FinishAsync(stoppingToken)) Log.NotMade(logger, lot, refusal.Detail);
            }
            catch (StorageUnavailableException problem)
            {
                // Tried again at the next tick, or when somebody asks for the report.
                Log.NotRead(logger, problem.Message);
            }
            catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                // Numbers that do not fit, or a disk that is full: the operator's, and no reason to stop enrolling.
                Log.Failed(logger, problem);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1501, LogLevel.Warning, "The report of the lot {Lot} is not made yet: {Problem}")]
        internal static partial void NotMade(ILogger logger, string lot, string problem);

        [LoggerMessage(1502, LogLevel.Warning, "Reports of closed lots are not made yet: {Problem}")]
        internal static partial void NotRead(ILogger logger, string problem);

        [LoggerMessage(1503, LogLevel.Error, "The report of a closed lot cannot be made.")]
        internal static partial void Failed(ILogger logger, Exception problem);
    }
}
