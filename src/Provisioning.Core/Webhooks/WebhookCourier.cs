using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Core.Webhooks;

/// <summary>
/// Brings a receiver what it has not taken yet, in order, one after the other. How far it is stands in the database and nowhere else: a node
/// that dies after a receiver has taken something, and before that is on record, leads to the same message again, with the same ID.
/// </summary>
/// <param name="store">How far each is.</param>
/// <param name="feed">What there is.</param>
/// <param name="sender">Sends.</param>
/// <param name="addresses">Name this service.</param>
/// <param name="options">How patient to be.</param>
/// <param name="time">The clock.</param>
public sealed class WebhookCourier(
    IWebhookStore store, IFeedStore feed, IWebhookSender sender, PublicAddresses addresses, WebhookOptions options, TimeProvider time)
{
    private const int PageSize = 50;

    private readonly string _node = Guid.NewGuid().ToString("N");

    /// <summary>Brings one receiver everything, until there is no more, or it fails.</summary>
    /// <param name="id">Which.</param>
    /// <param name="ct">The service stops.</param>
    /// <returns>It as it was left; null when it is not this node's to bring.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now.</exception>
    public async Task<Webhook?> BringAsync(string id, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var webhook = await store.LeaseWebhookAsync(id, _node, now, now + options.Lease, ct);
        while (webhook is { PausedAt: null, Attempts: 0 } || (webhook is { PausedAt: null } && webhook.NextAt <= time.GetUtcNow()))
        {
            var events = await feed.ReadEventsAsync(webhook.Delivered, PageSize, ct);
            var before = webhook;
            foreach (var told in events)
            {
                if (!before.Wants(told.Kind))
                {
                    webhook = webhook with { Delivered = told.Sequence };
                    continue;
                }

                webhook = await BringAsync(webhook, told, ct);
                if (webhook is null or { Attempts: > 0 }) return webhook;
            }

            // What was not for it is behind it; and it is free for another node.
            if (events.Count < PageSize || webhook.Delivered != before.Delivered)
            {
                now = time.GetUtcNow();
                var isMore = events.Count == PageSize;
                if (!await store.RecordDeliveryAsync(_node, webhook, null, isMore ? now + options.Lease : now, ct)) return null;
                if (!isMore) return webhook;
            }
        }

        return webhook;
    }

    private async Task<Webhook?> BringAsync(Webhook webhook, FeedEvent told, CancellationToken ct)
    {
        var document = RevocationEventDocument.Of(told, addresses);
        var at = time.GetUtcNow();
        var answer = await SendAsync(webhook, document, ct);
        WebhookMetrics.Sent(answer.IsTaken);
        var now = time.GetUtcNow();
        var after = answer.IsTaken
            ? webhook with { Delivered = told.Sequence, Attempts = 0, NextAt = DateTimeOffset.UnixEpoch, FailingSince = null }
            : AfterFailure(webhook, answer, now);
        var delivery = new WebhookDelivery { Number = 0, Message = document.Id, Type = document.Type, At = at, Answer = answer };
        var until = answer.IsTaken ? now + options.Lease : now;
        if (!await store.RecordDeliveryAsync(_node, after, delivery, until, ct)) return null;
        if (after.PausedAt is not null) WebhookMetrics.GaveUp();
        return after;
    }

    private async Task<WebhookAnswer> SendAsync(Webhook webhook, RevocationEventDocument document, CancellationToken ct)
    {
        try
        {
            return await sender.SendAsync(webhook, document.Id, document.ToJson(), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // It is given back, so that the next process or another node need not wait for the lease to end.
            await store.RecordDeliveryAsync(_node, webhook, null, time.GetUtcNow(), CancellationToken.None);
            throw;
        }
    }

#pragma warning disable CA5394 // The pauses need no good randomness, only different ones.
    private Webhook AfterFailure(Webhook webhook, WebhookAnswer answer, DateTimeOffset now)
    {
        var attempts = webhook.Attempts + 1;
        var since = webhook.FailingSince ?? now;
        var pause = options.PauseAfter(attempts, Random.Shared.NextDouble());
        return webhook with
        {
            Attempts = attempts,
            NextAt = now + (answer.RetryAfter > pause ? Min(answer.RetryAfter.Value, options.LongestPause) : pause),
            FailingSince = since,
            PausedAt = answer.IsEnd || now - since >= options.GiveUpAfter ? now : null,
        };
    }
#pragma warning restore CA5394

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
