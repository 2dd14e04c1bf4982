using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>Previews, confirms, approves and stops jobs. Administrators may; the door admits nobody else.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="signal">Gets them worked on.</param>
/// <param name="options">What they are allowed to do.</param>
/// <param name="clock">Dates what goes on record; a revocation happens also while it is suspect.</param>
public sealed class RevocationJobService(
    IRevocationJobStore store, RevocationJobSignal signal, RevocationJobOptions options, ClockGuard clock)
{
    /// <summary>The length of a confirmation token, in characters.</summary>
    public const int TokenLength = 64;

    private static Refusal BadToken { get; } = new(
        RefusalCode.BadConfirmation, "The confirmation token is unknown, has expired, or is another administrator's. Preview it again.");

    /// <summary>Tells what an order would do, and gives the token that confirms it.</summary>
    /// <param name="order">The order.</param>
    /// <param name="caller">Who wants it.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// The preview; or <see cref="RefusalCode.BadRevocationJob"/> with the field, <see cref="RefusalCode.BadReason"/>,
    /// <see cref="RefusalCode.NotFound"/> for a job to release that there is not; one that still runs is not released.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now.</exception>
    public async Task<Outcome<RevocationPreview>> PreviewAsync(RevocationOrder order, Caller caller, CancellationToken ct)
    {
        if (!order.Filter.Check(order.Kind).TryGet(out var filter, out var refusal)) return refusal;
        order = order with { Filter = filter };
        if (filter.Job is { } held && await CheckReleasedAsync(held, ct) is { } wrong) return wrong with { Field = "/releases" };
        var now = clock.LastBelieved();
        var count = await store.CountAsync(order, now, ct);
        var token = Convert.ToHexString(RandomNumberGenerator.GetBytes(TokenLength / 2));
        var offer = new RevocationOffer
        {
            TokenHash = HashOf(token),
            Order = order,
            Certificates = count.Certificates,
            CreatedAt = now,
            CreatedBy = caller.Actor,
            ExpiresAt = now + RevocationJobOptions.OfferLifetime,
        };
        await store.AddOfferAsync(offer, ct);
        return new RevocationPreview(count, token, offer.ExpiresAt, NeedsApproval(count.Certificates));
    }

    /// <summary>Makes a job of a preview. The same token again gives the same job.</summary>
    /// <param name="token">The token of the preview.</param>
    /// <param name="caller">Who previewed it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The job; or <see cref="RefusalCode.BadConfirmation"/>, or <see cref="RefusalCode.CountChanged"/> when it concerns more certificates by now.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<RevocationJob>> ConfirmAsync(string token, Caller caller, CancellationToken ct)
    {
        var hash = HashOf(token);
        if (await store.FindConfirmedAsync(hash, ct) is { } made) return made.CreatedBy == caller.Actor ? made : BadToken;
        var now = clock.LastBelieved();
        if (await store.FindOfferAsync(hash, ct) is not { } offer || offer.CreatedBy != caller.Actor || offer.ExpiresAt <= now) return BadToken;

        var count = (await store.CountAsync(offer.Order, now, ct)).Certificates;
        if (CheckCount(offer.Certificates, count) is { } changed) return changed;
        var id = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var confirmed = await store.ConfirmAsync(offer, id, count, NeedsApproval(count), now, ct);
        signal.Raise();
        return confirmed;
    }

    /// <summary>A second administrator agrees to a large job, which then begins.</summary>
    /// <param name="id">The job.</param>
    /// <param name="caller">Who agrees; not who confirmed it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The job; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.NotAllowed"/>; <see cref="RefusalCode.BadConfirmation"/> when it has
    /// waited for too long, and is stopped by that; <see cref="RefusalCode.CountChanged"/> when it concerns more certificates by now.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<RevocationJob>> ApproveAsync(string id, Caller caller, CancellationToken ct)
    {
        var now = clock.LastBelieved();
        if (await store.FindJobAsync(id, ct) is { State: RevocationJobState.Waiting } job && job.CreatedBy != caller.Actor)
        {
            if (now >= job.CreatedAt + RevocationJobOptions.ApprovalLifetime)
            {
                await store.StopAsync(id, "service", now, ct);
                return new Refusal(RefusalCode.BadConfirmation, "Nobody has agreed for a week, and the job is stopped. Preview it again.");
            }

            if (CheckCount(job.Previewed, (await store.CountAsync(job.Order, now, ct)).Certificates) is { } changed) return changed;
        }

        var approved = await store.ApproveAsync(id, caller.Actor, now, ct);
        signal.Raise();
        return approved;
    }

    /// <summary>Stops a job. What was done stays done.</summary>
    /// <param name="id">The job.</param>
    /// <param name="caller">Who stops it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The job; or <see cref="RefusalCode.NotFound"/>.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public Task<Outcome<RevocationJob>> StopAsync(string id, Caller caller, CancellationToken ct) =>
        store.StopAsync(id, caller.Actor, clock.LastBelieved(), ct);

    // What it puts on hold after that would stay so, and nobody would look for it.
    private async Task<Refusal?> CheckReleasedAsync(string id, CancellationToken ct) => await store.FindJobAsync(id, ct) switch
    {
        { Order.Holds: true, IsOver: true } => null,
        { Order.Holds: true } => new Refusal(RefusalCode.BadRevocationJob, "That job is not over. Stop it, or wait for its end, and then release it."),
        _ => new Refusal(RefusalCode.NotFound, "There is no such job that has put certificates on hold."),
    };

    // Fewer is what happens when others revoke too; a few more, when devices renew. Many more is not what somebody has looked at.
    private static Refusal? CheckCount(long previewed, long count) => count <= previewed + Math.Max(10, previewed / 100)
        ? null
        : new Refusal(RefusalCode.CountChanged,
            $"It concerned {previewed} certificates when it was previewed, and {count} by now. Preview it again.");

    private bool NeedsApproval(long count) => count > options.SecondAdministratorAbove;

    // 256 random bits: no salt is needed, and what is on record confirms nothing.
    private static Digest HashOf(string token) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(token));
}
