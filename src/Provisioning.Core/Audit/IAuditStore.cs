using Provisioning.Core.Certificates;
using Provisioning.Core.Lots;

namespace Provisioning.Core.Audit;

/// <summary>The audit chain and what it is reconciled against. Read-only: entries are written with the deeds they tell of.</summary>
public interface IAuditStore
{
    /// <summary>All entries in order.</summary>
    /// <param name="fromSequence">The first one wanted.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A stream that holds no lock on writers.</returns>
    IAsyncEnumerable<AuditEntry> ReadAuditAsync(long fromSequence, CancellationToken ct);

    /// <summary>The last entry's number and hash.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The beginning (<see cref="AuditChain.Genesis"/>) when there is no entry.</returns>
    /// <exception cref="Provisioning.Core.Enrollment.StorageUnavailableException">The database cannot be read now.</exception>
    ValueTask<AuditAnchor> ReadHeadAsync(CancellationToken ct);

    /// <summary>All certificates with their DER, in any order; the DER is empty where none is recorded.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>A stream that holds no lock on writers.</returns>
    IAsyncEnumerable<StoredCertificate> ReadCertificatesAsync(CancellationToken ct);

    /// <summary>Counters of lots and tokens that are not what a count of the rows gives.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Nothing when all is well.</returns>
    IAsyncEnumerable<CounterMismatch> ReadMismatchesAsync(CancellationToken ct);

    /// <summary>All lots that have a report, with it.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>A stream that holds no lock on writers.</returns>
    IAsyncEnumerable<(Lot Lot, string Report)> ReadReportsAsync(CancellationToken ct);

    /// <summary>Which entry is said to be the last acceptance of the clock: from there on, times on record count.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>A sequence number if nobody has changed it; null when the clock was never accepted.</returns>
    ValueTask<string?> ReadClockAcceptedAsync(CancellationToken ct);

    /// <summary>The engine's own check (SQLite: integrity_check and foreign_key_check).</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>What is wrong, one finding each; empty when nothing is.</returns>
    Task<IReadOnlyList<string>> CheckIntegrityAsync(CancellationToken ct);
}
