using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Server.Jobs;

/// <summary>Looks for events that another node has committed, once for all who wait here.</summary>
internal sealed partial class FeedJob(
    IFeedStore feed, FeedSignal signal, FeedOptions options, TimeProvider time, ILogger<FeedJob> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Look, time);
        for (var known = 0L; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            try
            {
                var last = await feed.ReadLastEventAsync(stoppingToken);
                if (last > known) signal.Raise();
                known = last;
            }
            catch (StorageUnavailableException)
            {
                // Whoever reads hears it too, and says so.
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
        [LoggerMessage(1124, LogLevel.Error, "Looking for new events failed; it is tried again.")]
        internal static partial void Defect(ILogger logger, Exception problem);
    }
}
