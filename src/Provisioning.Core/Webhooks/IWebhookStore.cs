using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Webhooks;

/// <summary>Receivers, how far each is, and what was brought to it.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IWebhookStore
{
    /// <summary>How many webhooks there may be.</summary>
    const int MaxWebhooks = 100;

    /// <summary>How many deliveries of each are kept.</summary>
    const int KeptDeliveries = 200;

    /// <summary>Puts one on record, with an audit entry.</summary>
    /// <param name="webhook">It, with a new ID.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>It; or <see cref="RefusalCode.BadWebhook"/> when there are too many.</returns>
    Task<Outcome<Webhook>> AddWebhookAsync(Webhook webhook, CancellationToken ct);

    /// <summary>
    /// Changes the definition, with an audit entry. What was failing, or given up, is tried again at once.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="definition">The new one, sound.</param>
    /// <param name="expected">The revision that it was made from, or null for whichever there is.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>It as it is now; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.PreconditionFailed"/>.</returns>
    Task<Outcome<Webhook>> ChangeWebhookAsync(
        string id, WebhookDefinition definition, long? expected, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Gives it its next secret, with an audit entry.</summary>
    /// <param name="id">Which.</param>
    /// <param name="previousUntil">How long the one before counts too.</param>
    /// <param name="expected">As above.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>As above.</returns>
    Task<Outcome<Webhook>> RotateSecretAsync(
        string id, DateTimeOffset previousUntil, long? expected, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Takes it away with its deliveries, with an audit entry.</summary>
    /// <param name="id">Which.</param>
    /// <param name="expected">As above.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>It as it was; or as above.</returns>
    Task<Outcome<Webhook>> RemoveWebhookAsync(string id, long? expected, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Reads one.</summary>
    /// <param name="id">Which.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>It, or null.</returns>
    ValueTask<Webhook?> FindWebhookAsync(string id, CancellationToken ct);

    /// <summary>Reads all, oldest first.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Them.</returns>
    Task<IReadOnlyList<Webhook>> ListWebhooksAsync(CancellationToken ct);

    /// <summary>The deliveries that are kept, newest first.</summary>
    /// <param name="id">Of which.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cursor">Where to go on, or null.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<WebhookDelivery>> ListDeliveriesAsync(string id, int limit, Cursor? cursor, CancellationToken ct);

    /// <summary>A node takes a receiver to itself, or keeps it.</summary>
    /// <param name="id">Which.</param>
    /// <param name="node">The node.</param>
    /// <param name="now">Now.</param>
    /// <param name="until">Till when, unless it keeps it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>It, ready to be brought something; null when another node has it, or nothing is to be brought.</returns>
    Task<Webhook?> LeaseWebhookAsync(string id, string node, DateTimeOffset now, DateTimeOffset until, CancellationToken ct);

    /// <summary>Puts on record what came of an event, while the node has the receiver, and keeps it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="after">The webhook as it is after it: how far it is, and when it is tried again; the service gives it up by <c>PausedAt</c>.</param>
    /// <param name="delivery">What came of it, without its number; null when the events were not for it.</param>
    /// <param name="until">Till when the node keeps it; now, to give it back.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>False when the node does not have it any more: it was taken away, disabled, or another node has it.</returns>
    Task<bool> RecordDeliveryAsync(string node, Webhook after, WebhookDelivery? delivery, DateTimeOffset until, CancellationToken ct);

    /// <summary>Puts a test on record. It changes nothing else.</summary>
    /// <param name="id">Of which.</param>
    /// <param name="delivery">What came of it, without its number.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>When it is on record.</returns>
    Task RecordTestAsync(string id, WebhookDelivery delivery, CancellationToken ct);
}
