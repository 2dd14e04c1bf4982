using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Core.Webhooks;

namespace Provisioning.Server.Jobs;

/// <summary>Brings receivers what they have not taken yet: each by itself, so that one that is dead holds up no other.</summary>
internal sealed partial class WebhookJob(
    IWebhookStore store,
    IFeedStore feed,
    FeedSignal signal,
    FeedOptions patience,
    WebhookCourier courier,
    WebhookOptions options,
    TimeProvider time,
    ILogger<WebhookJob> logger) : BackgroundService
{
    // Only the loop writes here: what has ended is taken out at the next look, so that the end of a task cannot come before its note.
    private readonly Dictionary<string, Task> _running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var next = signal.Next;
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (StorageUnavailableException problem)
                {
                    Log.Later(logger, problem.Message);
                }
                catch (Exception problem) when (!stoppingToken.IsCancellationRequested)
                {
                    // A defect here must not end the service.
                    Log.LookFailed(logger, problem);
                }

                await FeedSignal.WaitAsync(next, patience.Look, time, stoppingToken);
            }
        }
        finally
        {
            // Also when the stop comes in the middle of a look: each gives its receiver back.
            await Task.WhenAll(_running.Values);
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var last = await feed.ReadLastEventAsync(ct);
        var all = await store.ListWebhooksAsync(ct);
        WebhookMetrics.Counted(all.Count(one => one.PausedAt is not null), all.Count(one => one.Attempts > 0));
        WebhookMetrics.Behind(await CountBehindAsync(all, last, ct));
        foreach (var ended in _running.Where(one => one.Value.IsCompleted).Select(one => one.Key).ToList()) _running.Remove(ended);
        var now = time.GetUtcNow();
        foreach (var webhook in all)
        {
            var isDue = webhook is { Definition.Enabled: true, PausedAt: null } && webhook.Delivered < last && webhook.NextAt <= now;
            if (!isDue || _running.Count >= options.AtOnce || _running.ContainsKey(webhook.Id)) continue;
            _running[webhook.Id] = Task.Run(() => BringAsync(webhook.Id, ct), CancellationToken.None);
        }
    }

    // Of the one that is farthest behind. One that is given up or disabled is meant to be behind.
    private async Task<long> CountBehindAsync(IReadOnlyList<Webhook> all, long last, CancellationToken ct)
    {
        var behind = all.Where(one => one is { Definition.Enabled: true, PausedAt: null } && one.Delivered < last).ToList();
        return behind.Count == 0 ? 0 : await feed.CountEventsAsync(behind.Min(one => one.Delivered), WebhookMetrics.FarBehind, ct);
    }

    private async Task BringAsync(string id, CancellationToken ct)
    {
        try
        {
            if (await courier.BringAsync(id, ct) is { PausedAt: not null } left) Log.GivenUp(logger, id, left.Definition.Url, left.Attempts);
        }
        catch (StorageUnavailableException problem)
        {
            Log.Later(logger, problem.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The service stops.
        }
        catch (Exception problem)
        {
            // A defect with one receiver must not end the bringing to all others.
            Log.Defect(logger, problem, id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1120, LogLevel.Warning, "Events could not be brought to webhooks yet: {Problem}")]
        internal static partial void Later(ILogger logger, string problem);

        [LoggerMessage(1121, LogLevel.Error, "The webhook {Id} ({Url}) was given up after {Attempts} tries. Resume it: POST /api/v1/webhooks/{Id}/resumption.")]
        internal static partial void GivenUp(ILogger logger, string id, string url, long attempts);

        [LoggerMessage(1123, LogLevel.Error, "Looking for what webhooks are to be brought failed; it is tried again.")]
        internal static partial void LookFailed(ILogger logger, Exception problem);

        [LoggerMessage(1122, LogLevel.Error, "Bringing events to the webhook {Id} failed.")]
        internal static partial void Defect(ILogger logger, Exception problem, string id);
    }
}
