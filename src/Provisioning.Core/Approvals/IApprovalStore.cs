using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Approvals;

/// <summary>The queue of enrollments that wait for an administrator.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IApprovalStore
{
    /// <summary>Reads one.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The request, or null.</returns>
    ValueTask<ApprovalRequest?> FindApprovalAsync(string id, CancellationToken ct);

    /// <summary>Reads the newest one of a caller for exactly this request that has not expired; one that is used up only where there is no other.</summary>
    /// <param name="requester">The caller.</param>
    /// <param name="requestHash">The request.</param>
    /// <param name="now">What has expired by then is not found.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The request, or null.</returns>
    ValueTask<ApprovalRequest?> FindApprovalAsync(string requester, Digest requestHash, DateTimeOffset now, CancellationToken ct);

    /// <summary>
    /// Puts a request into the queue. The same request of the same caller that waits already is not put there twice; another one of
    /// the caller for the same device, slot and key takes its place. Of one caller at most 8 wait for a device: the oldest gives way to a
    /// ninth. A caller has at most 10 000 waiting; more are <see cref="RefusalCode.TooManyPending"/>.
    /// </summary>
    /// <param name="request">The request, pending.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>What waits now.</returns>
    Task<Outcome<ApprovalRequest>> AddApprovalAsync(ApprovalRequest request, CancellationToken ct);

    /// <summary>
    /// Decides a pending request, or denies an approved one that was not used yet, with an audit entry. The same decision again changes
    /// nothing. What was denied or used, has expired or was asked by the same actor is <see cref="RefusalCode.NotAllowed"/>; what is not there is
    /// <see cref="RefusalCode.NotFound"/>.
    /// </summary>
    /// <param name="id">The request.</param>
    /// <param name="approve">True to approve, false to deny.</param>
    /// <param name="reason">For a denial, what the device is told; or null.</param>
    /// <param name="actor">Who decides.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The request as it is now.</returns>
    Task<Outcome<ApprovalRequest>> DecideAsync(
        string id, bool approve, string? reason, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Drops requests that expired long ago, decided or not; the audit keeps the decisions.</summary>
    /// <param name="expiredBefore">Those that had expired by then.</param>
    /// <param name="limit">At most so many, the oldest, because everybody waits for it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>How many there were.</returns>
    Task<int> ForgetApprovalsAsync(DateTimeOffset expiredBefore, int limit, CancellationToken ct);

    /// <summary>Lists requests, oldest first.</summary>
    /// <param name="query">Filters and place.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<ApprovalRequest>> ListApprovalsAsync(ApprovalQuery query, CancellationToken ct);
}
