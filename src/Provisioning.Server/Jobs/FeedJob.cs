using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Server.Jobs;

/// <summary>Looks for events that another node has committed, once for all who wait here.</summary>
internal sealed class FeedJob(IFeedStore feed, FeedSignal signal, FeedOptions options, TimeProvider time) : BackgroundService
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
        }
    }
}
