using Provisioning.Core.Enrollment;
using Provisioning.Core.Expiry;

namespace Provisioning.Server.Jobs;

/// <summary>Looks once an hour at what ends.</summary>
internal sealed partial class ExpiryJob(ExpiryWatch watch, TimeProvider time, ILogger<ExpiryJob> logger) : BackgroundService
{
    /// <summary>When it looks first: a start has more urgent things to do.</summary>
    internal static readonly TimeSpan First = TimeSpan.FromMinutes(1);

    /// <summary>How often it looks after that.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(First, time, stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                var late = await watch.LookAsync(stoppingToken);
                if (late > 0) Log.Late(logger, late);
            }
            catch (StorageUnavailableException problem)
            {
                // What was said is on record; the next look goes on.
                Log.BrokenOff(logger, problem.Message);
            }
            catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
            {
                // A defect here must not end the service.
                Log.Defect(logger, problem);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1130, LogLevel.Warning, "{Count} more devices are late: they have not renewed in their window. The forecast names them.")]
        internal static partial void Late(ILogger logger, int count);

        [LoggerMessage(1131, LogLevel.Warning, "What ends could not be looked at, and is later: {Problem}")]
        internal static partial void BrokenOff(ILogger logger, string problem);

        [LoggerMessage(1132, LogLevel.Error, "The look at what ends failed; the next one is in an hour.")]
        internal static partial void Defect(ILogger logger, Exception problem);
    }
}
