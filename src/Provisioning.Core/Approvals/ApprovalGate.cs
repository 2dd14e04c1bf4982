using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Approvals;

/// <summary>
/// Holds the enrollments of groups that want an approval until an administrator has given it. What is approved is the exact
/// request: caller, device, key, certification request, attributes, slot, lot and version of the group.
/// </summary>
/// <param name="store">The queue.</param>
/// <param name="ca">Issues what was approved, and tells beforehand whether it could be issued at all.</param>
/// <param name="clock">Dates the requests.</param>
public sealed class ApprovalGate(IApprovalStore store, CertificateAuthority ca, ClockGuard clock)
{
    /// <summary>How long a request waits, and how long an approval is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // A person has to look at it; asking more often only costs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Issues what was approved, and puts into the queue what was not.</summary>
    /// <returns>The certificate; or <see cref="RefusalCode.ApprovalPending"/> with the request, or another refusal.</returns>
    internal async Task<Outcome<StoredCertificate>> PassAsync(AuthorizedRequest allowed, PlanInput input, ApprovalDraft draft)
    {
        if (!(await FindAsync(allowed, input)).TryGet(out var found, out var wrongClock)) return wrongClock;
        var (now, hash, known) = found;
        if (known is { State: ApprovalState.Approved }) return await ca.IssueAsync(allowed.ApprovedBy(known.Id, hash), input);

        // What cannot be issued need not be looked at, and what was issued already is given again. It is meant: a clone that has to
        // wait for nobody must be seen here, or it is seen nowhere.
        if (!(await ca.ProbeAsync(allowed, input, leavesMarks: true)).TryGet(out var existing, out var refusal)) return refusal;
        return existing.Certificate is { } certificate ? certificate : await QueueAsync(known, NewRequest(allowed, input, draft, hash, now));
    }

    /// <summary>As <see cref="PassAsync"/>, for what has been probed already and is issued over a key that is made only then.</summary>
    /// <returns>The permission with the approval; or the refusal.</returns>
    internal async Task<Outcome<AuthorizedRequest>> AdmitAsync(AuthorizedRequest allowed, PlanInput input, ApprovalDraft draft)
    {
        if (!(await FindAsync(allowed, input)).TryGet(out var found, out var wrongClock)) return wrongClock;
        var (now, hash, known) = found;
        return known is { State: ApprovalState.Approved }
            ? allowed.ApprovedBy(known.Id, hash)
            : await QueueAsync(known, NewRequest(allowed, input, draft, hash, now));
    }

    private async Task<Outcome<Found>> FindAsync(AuthorizedRequest allowed, PlanInput input)
    {
        if (!clock.Now().TryGet(out var now, out var wrongClock)) return wrongClock;
        var hash = HashOf(allowed, input);
        return new Found(now, hash, await store.FindApprovalAsync(allowed.Caller.Actor, hash, now, CancellationToken.None));
    }

    private async Task<Refusal> QueueAsync(ApprovalRequest? known, ApprovalRequest request)
    {
        switch (known?.State)
        {
            case ApprovalState.Pending:
                return Wait(known);
            case ApprovalState.Denied:
                return Denied(known);
            default:
                return (await store.AddApprovalAsync(request, CancellationToken.None)).TryGet(out var waiting, out var refusal)
                    ? Wait(waiting)
                    : refusal;
        }
    }

    /// <summary>What has been decided about exactly this request. Changes nothing.</summary>
    /// <returns>Null when it is approved; else the refusal that <see cref="PassAsync"/> would give.</returns>
    internal async Task<Refusal?> ExplainAsync(AuthorizedRequest allowed, PlanInput input)
    {
        if (!(await FindAsync(allowed, input)).TryGet(out var found, out var wrongClock)) return wrongClock;
        var known = found.Known;
        return known?.State switch
        {
            ApprovalState.Approved => null,
            ApprovalState.Pending => Wait(known),
            ApprovalState.Denied => Denied(known),
            _ => new Refusal(RefusalCode.ApprovalPending, "An administrator will have to approve this request."),
        };
    }

    /// <summary>The answer to who must wait.</summary>
    internal static Refusal Wait(ApprovalRequest request) =>
        new(RefusalCode.ApprovalPending, "An administrator has to approve this request. Ask again later; the same request is known again.")
        {
            Pending = request,
            RetryAfter = Patience,
        };

    private static Refusal Denied(ApprovalRequest request) => new(
        RefusalCode.ApprovalDenied,
        request.Reason is { } reason ? $"An administrator has denied this request: {reason}" : "An administrator has denied this request.");

    private static Digest HashOf(AuthorizedRequest allowed, PlanInput input) => RequestHash.Of(
        $"{allowed.Group} {allowed.GroupVersion} {allowed.Slot} {allowed.Admission?.Lot}", allowed.Holder, input.RequestHash, null);

    private static ApprovalRequest NewRequest(
        AuthorizedRequest allowed, PlanInput input, ApprovalDraft draft, Digest hash, DateTimeOffset now) => new()
        {
            Id = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)),
            State = ApprovalState.Pending,
            DeviceId = allowed.Holder,
            Group = allowed.Group!,
            GroupVersion = allowed.GroupVersion,
            Slot = allowed.Slot,
            Lot = allowed.Admission?.Lot,
            Requester = allowed.Caller.Actor,
            RequestHash = hash,
            KeyThumbprint = draft.KeyThumbprint,
            KeyIsMade = input.SignedWith is not null,
            Replaces = input.Replaces,
            CertificationRequest = draft.CertificationRequest,
            Attributes = draft.Attributes,
            RequestedAt = now,
            ExpiresAt = now + Lifetime,
        };

    // What has been decided about exactly this request, if anything.
    private sealed record Found(DateTimeOffset Now, Digest Hash, ApprovalRequest? Known);
}

/// <summary>What of a request is kept for the administrator to look at.</summary>
/// <param name="CertificationRequest">The PKCS#10 request, DER.</param>
/// <param name="KeyThumbprint">The key that it is signed with.</param>
/// <param name="Attributes">The attributes that were sent.</param>
internal sealed record ApprovalDraft(
    ReadOnlyMemory<byte> CertificationRequest, Digest KeyThumbprint, IReadOnlyDictionary<string, string> Attributes);
