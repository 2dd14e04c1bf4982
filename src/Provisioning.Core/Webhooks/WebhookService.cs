using System.Security.Cryptography;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Core.Webhooks;

/// <summary>Makes and changes webhooks.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="feed">Tells where "from now on" begins.</param>
/// <param name="targets">Where messages may go.</param>
/// <param name="secrets">Their secrets.</param>
/// <param name="sender">Sends tests.</param>
/// <param name="clock">Dates what goes on record.</param>
/// <param name="time">The clock of messages.</param>
public sealed class WebhookService(
    IWebhookStore store, IFeedStore feed, WebhookTargets targets, WebhookSecrets secrets, IWebhookSender sender, ClockGuard clock, TimeProvider time)
{
    /// <summary>The longest time for which the secret before a new one counts.</summary>
    public static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    /// <summary>Makes one. It is brought what happens from now on, or since an event.</summary>
    /// <param name="definition">What is said of it.</param>
    /// <param name="since">The number of the event behind which it begins, or null for now.</param>
    /// <param name="caller">Who.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// It, and its secret, which is told only here. Refusals: <see cref="RefusalCode.BadWebhook"/>, <see cref="RefusalCode.FeedPositionAhead"/>.
    /// </returns>
    public async Task<Outcome<(Webhook Webhook, string Secret)>> AddAsync(WebhookDefinition definition, long? since, Caller caller, CancellationToken ct)
    {
        if (Check(definition) is { } bad) return bad;

        // A webhook whose secret nobody can be told is of no use.
        secrets.Open();
        var head = await feed.ReadHeadAsync(ct);
        if (since > head) return new Refusal(RefusalCode.FeedPositionAhead, "This service has told nothing of that number yet.") { Field = "/since" };
        var webhook = new Webhook
        {
            Id = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)),
            Definition = definition,
            Revision = 1,
            Secret = 1,
            PreviousUntil = null,
            Delivered = since ?? head,
            Attempts = 0,
            NextAt = DateTimeOffset.UnixEpoch,
            FailingSince = null,
            PausedAt = null,
            CreatedAt = clock.LastBelieved(),
            CreatedBy = caller.Actor,
        };
        return (await store.AddWebhookAsync(webhook, ct)).TryGet(out var added, out var refusal)
            ? (added, secrets.TextOf(added.Id, added.Secret))
            : refusal;
    }

    /// <summary>Changes one. What was failing, or given up, is tried again at once.</summary>
    /// <param name="id">Which.</param>
    /// <param name="definition">What is said of it now.</param>
    /// <param name="expected">The revision that it was made from, or null.</param>
    /// <param name="caller">Who.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>It; or <see cref="RefusalCode.BadWebhook"/>, <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.PreconditionFailed"/>.</returns>
    public async Task<Outcome<Webhook>> ChangeAsync(string id, WebhookDefinition definition, long? expected, Caller caller, CancellationToken ct) =>
        Check(definition) is { } bad ? bad : await store.ChangeWebhookAsync(id, definition, expected, caller.Actor, clock.LastBelieved(), ct);

    /// <summary>Gives one another secret; for a while, messages are signed with both.</summary>
    /// <param name="id">Which.</param>
    /// <param name="overlap">For how long.</param>
    /// <param name="expected">The revision that it was made from, or null.</param>
    /// <param name="caller">Who.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>It, and its new secret, which is told only here; or why not.</returns>
    public async Task<Outcome<(Webhook Webhook, string Secret)>> RotateAsync(
        string id, TimeSpan overlap, long? expected, Caller caller, CancellationToken ct)
    {
        if (overlap < TimeSpan.Zero || overlap > LongestOverlap)
            return new Refusal(RefusalCode.BadWebhook, $"It is at most {LongestOverlap.TotalDays} days.") { Field = "/overlap" };
        secrets.Open();
        var now = clock.LastBelieved();
        return (await store.RotateSecretAsync(id, now + overlap, expected, caller.Actor, now, ct)).TryGet(out var changed, out var refusal)
            ? (changed, secrets.TextOf(id, changed.Secret))
            : refusal;
    }

    /// <summary>Sends a message that means nothing, now, also when it is disabled or given up.</summary>
    /// <param name="webhook">To whom.</param>
    /// <param name="source">Names this service.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What came of it.</returns>
    public async Task<WebhookDelivery> TestAsync(Webhook webhook, string source, CancellationToken ct)
    {
        var at = time.GetUtcNow();
        var test = RevocationEventDocument.OfTest("test-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8)), source, at);
        var delivery = new WebhookDelivery
        {
            Number = 0,
            Message = test.Id,
            Type = test.Type,
            At = at,
            Answer = await sender.SendAsync(webhook, test.Id, test.ToJson(), ct),
        };
        await store.RecordTestAsync(webhook.Id, delivery, ct);
        return delivery;
    }

    private Refusal? Check(WebhookDefinition definition)
    {
        if (targets.FindProblem(definition.Url) is { } badUrl) return Bad("url", badUrl);
        if (FreeText.Check(definition.Description, WebhookDefinition.MaxDescription) is { } badText) return Bad("description", badText);
        if (definition.Types is not { } types) return null;
        var known = Enum.GetValues<FeedEventKind>().Select(FeedEventKinds.TypeOf).ToList();
        return types.Count > 0 && types.Distinct(StringComparer.Ordinal).Count() == types.Count && types.All(known.Contains)
            ? null
            : Bad("types", "They are some of: " + string.Join(", ", known) + ".");
    }

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadWebhook, detail) { Field = "/" + field };
}
