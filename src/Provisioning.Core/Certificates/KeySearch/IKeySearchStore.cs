using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>
/// What the search for shared primes knows. The contract of writes is that of <see cref="ICertificateStore"/>; each can be repeated, so
/// that a search that was killed goes on where it was.
/// </summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IKeySearchStore
{
    /// <summary>How far the search has come.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The beginning, when nothing is on record.</returns>
    ValueTask<KeySearchPosition> ReadPositionAsync(CancellationToken ct);

    /// <summary>
    /// Reads certificates of devices in the order of the audit, which is that of the transactions that recorded them: none appears
    /// before one that was read.
    /// </summary>
    /// <param name="after">The audit entry after which to begin.</param>
    /// <param name="limit">How many entries to look at, of whatever kind.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The certificates among them.</returns>
    ValueTask<IssuedKeys> ReadIssuedAsync(long after, int limit, CancellationToken ct);

    /// <summary>Puts RSA keys on record, each with the next number; those that are there already stay as they are.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="collected">The audit entry up to which all keys are on record now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>When it is durable.</returns>
    Task AddKeysAsync(IReadOnlyList<RsaModulus> keys, long collected, CancellationToken ct);

    /// <summary>Reads keys on record by their numbers.</summary>
    /// <param name="after">The number after which to begin.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The keys; what a defect of the disk made of one is not looked at here.</returns>
    ValueTask<IReadOnlyList<RsaModulus>> ReadKeysAsync(long after, int limit, CancellationToken ct);

    /// <summary>
    /// Puts a finding on record in one transaction: for each of the two keys that was not found before, the key is blocked, its device
    /// quarantined unless it is or is out of service already, with an audit entry for the key and one for the device. What was found
    /// before is not done again, also when an administrator has let the device out of quarantine meanwhile.
    /// </summary>
    /// <param name="finding">The keys.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>How many of the two keys were not found before.</returns>
    Task<int> RecordSharedPrimeAsync(SharedPrime finding, DateTimeOffset at, CancellationToken ct);

    /// <summary>Puts on record how far keys were compared.</summary>
    /// <param name="searched">The number up to which each key was compared with all before it, and the findings recorded.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>When it is durable.</returns>
    Task MarkSearchedAsync(long searched, CancellationToken ct);
}
