using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Credentials;

/// <summary>Where batches of claim certificates are on record.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IClaimBatchStore
{
    /// <summary>Puts a new batch on record, with an audit entry.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The same; or <see cref="RefusalCode.AlreadyExists"/>.</returns>
    Task<Outcome<ClaimBatch>> AddBatchAsync(ClaimBatch batch, CancellationToken ct);

    /// <summary>Reads one without its counts, always fresh: every request with a claim certificate asks.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The batch, or null.</returns>
    ValueTask<ClaimBatch?> FindBatchAsync(string name, CancellationToken ct);

    /// <summary>Reads one, or all by name, with their counts.</summary>
    /// <param name="name">Its name, or null for all.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The batches; empty when there is none of that name.</returns>
    Task<IReadOnlyList<ClaimBatch>> ListBatchesAsync(string? name, CancellationToken ct);

    /// <summary>
    /// Revokes a batch and every certificate of it in one transaction, each with its audit entry. Doing it again revokes what is not
    /// revoked yet, and changes nothing else.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="reason">Why; not <see cref="RevocationReason.CertificateHold"/>.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>How many certificates were revoked by it; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<int>> RevokeBatchAsync(string name, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct);
}
