using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>Where jobs are on record, and their work is done.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IRevocationJobStore
{
    /// <summary>Counts what an order concerns, beside the writer.</summary>
    /// <param name="order">The order, sound.</param>
    /// <param name="at">Now: what is reserved later does not count, nor what has expired and is of no use to anybody.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The count; nothing of a release of a job that there is not.</returns>
    ValueTask<RevocationCount> CountAsync(RevocationOrder order, DateTimeOffset at, CancellationToken ct);

    /// <summary>Puts a preview on record; those that have expired are forgotten.</summary>
    /// <param name="offer">The preview.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task AddOfferAsync(RevocationOffer offer, CancellationToken ct);

    /// <summary>Reads a preview.</summary>
    /// <param name="tokenHash">SHA-256 of its token.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The preview, expired ones too; null when there is none, or it was confirmed.</returns>
    ValueTask<RevocationOffer?> FindOfferAsync(Digest tokenHash, CancellationToken ct);

    /// <summary>Reads the job that a token has made.</summary>
    /// <param name="tokenHash">SHA-256 of the token.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The job, or null.</returns>
    ValueTask<RevocationJob?> FindConfirmedAsync(Digest tokenHash, CancellationToken ct);

    /// <summary>Makes a job of a preview, which is used up by that, with an audit entry. Confirmed already, it gives that job.</summary>
    /// <param name="offer">The preview.</param>
    /// <param name="id">The job's ID.</param>
    /// <param name="certificates">What there is to do, counted again.</param>
    /// <param name="waits">True when a second administrator must agree first.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The job; or <see cref="RefusalCode.BadConfirmation"/> when there is no such preview any more.</returns>
    Task<Outcome<RevocationJob>> ConfirmAsync(
        RevocationOffer offer, string id, long certificates, bool waits, DateTimeOffset at, CancellationToken ct);

    /// <summary>A second administrator agrees, with an audit entry: the job begins. What has begun already stays what it is.</summary>
    /// <param name="id">The job.</param>
    /// <param name="actor">Who; not who confirmed it.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The job; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.NotAllowed"/>.</returns>
    Task<Outcome<RevocationJob>> ApproveAsync(string id, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Stops a job, with an audit entry. What is over stays what it is. One whose record is damaged is stopped too, and told as far as it can be read.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The job; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<RevocationJob>> StopAsync(string id, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Stops all jobs that have waited for a second administrator for too long, with an audit entry each.</summary>
    /// <param name="confirmedBefore">Those that were confirmed by then.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>Their IDs.</returns>
    Task<IReadOnlyList<string>> StopOverdueAsync(DateTimeOffset confirmedBefore, DateTimeOffset at, CancellationToken ct);

    /// <summary>Reads a job.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The job, or null.</returns>
    /// <exception cref="DamagedRecordException">What is on record of it is damaged.</exception>
    ValueTask<RevocationJob?> FindJobAsync(string id, CancellationToken ct);

    /// <summary>Reads the jobs, newest first; one whose record is damaged is left out.</summary>
    /// <param name="limit">Rows, 1 to 500.</param>
    /// <param name="cursor">The cursor that the page before gave, or null for the first.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<RevocationJob>> ListJobsAsync(int limit, Cursor? cursor, CancellationToken ct);

    /// <summary>Reads which jobs are running.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Their IDs.</returns>
    Task<IReadOnlyList<string>> ListRunningAsync(CancellationToken ct);

    /// <summary>
    /// Does the next part of a job in one transaction: certificates, an audit entry for each, and how far it is by then. So what a killed
    /// process has left is neither done twice nor left out. The last step writes an audit entry of the job.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="worker">Who works on it: one node at a time.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="DamagedRecordException">What is on record of the job is damaged. Damaged certificates are counted as failed.</exception>
    Task<RevocationStep> AdvanceAsync(string id, string worker, DateTimeOffset at, CancellationToken ct);
}
