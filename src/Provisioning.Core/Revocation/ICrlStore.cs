using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>
/// What CRLs are made from, and those on record. The contract of writes is that of <see cref="ICertificateStore"/>; writes of several
/// nodes are decided by the one database.
/// </summary>
public interface ICrlStore
{
    /// <summary>Whether the octets of the newest CRLs are kept too: other nodes, and nodes that lost their folder, take them from here.</summary>
    bool KeepsOctets { get; }

    /// <summary>What a complete CRL must list: revoked and held, and not expired before a time.</summary>
    /// <param name="scope">Of this shard.</param>
    /// <param name="notExpiredBefore">Entries whose certificate expired before this are left out.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A stream in any stable order, from one snapshot; a million entries cost no million objects at once.</returns>
    IAsyncEnumerable<RevokedEntry> ReadRevokedAsync(CrlScope scope, DateTimeOffset notExpiredBefore, CancellationToken ct);

    /// <summary>What a delta CRL must list: all that was revoked, held or released since, as it is now.</summary>
    /// <param name="scope">Of this shard.</param>
    /// <param name="since">After this audit entry.</param>
    /// <param name="at">The date of entries that are revoked no more.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>As of <see cref="ReadRevokedAsync"/>.</returns>
    IAsyncEnumerable<RevokedEntry> ReadChangedAsync(CrlScope scope, long since, DateTimeOffset at, CancellationToken ct);

    /// <summary>Whether anything was revoked, held or released since.</summary>
    /// <param name="scope">In this shard.</param>
    /// <param name="since">After this audit entry.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>True when there is something.</returns>
    ValueTask<bool> HasChangedAsync(CrlScope scope, long since, CancellationToken ct);

    /// <summary>The number of the last audit entry. What is read after it has every change up to there.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>0 when there is none.</returns>
    ValueTask<long> ReadSequenceAsync(CancellationToken ct);

    /// <summary>Whether a shard has certificates that have not expired for long; answered from an index.</summary>
    /// <param name="scope">Which shard; not the CRL without shards.</param>
    /// <param name="since">Since when.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>False when all of its certificates expired before that, or it has none.</returns>
    ValueTask<bool> HasUnexpiredAsync(CrlScope scope, DateTimeOffset since, CancellationToken ct);

    /// <summary>Puts shards and their addresses on record, before certificates name them. What is there already stays.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task DeclareShardsAsync(IReadOnlyList<CrlShard> shards, DateTimeOffset at, CancellationToken ct);

    /// <summary>The shards that there ever were.</summary>
    /// <param name="authority">Of this authority.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>By number; without the CRL without shards where nothing of that was declared.</returns>
    ValueTask<IReadOnlyList<CrlShard>> ReadShardsAsync(string authority, CancellationToken ct);

    /// <summary>Takes or keeps the right to make the CRLs of a shard, so that nodes do not do the same twice. Numbers are safe without.</summary>
    /// <param name="scope">The shard.</param>
    /// <param name="owner">Which node asks.</param>
    /// <param name="at">Now.</param>
    /// <param name="until">
    /// When it ends by itself. A lease of another that ends later than this is from a clock that is wrong, and does not count.
    /// </param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when another node has it.</returns>
    Task<bool> TryLeaseAsync(CrlScope scope, string owner, DateTimeOffset at, DateTimeOffset until, CancellationToken ct);

    /// <summary>Gives the right back.</summary>
    /// <param name="scope">The shard.</param>
    /// <param name="owner">Who has it; else nothing happens.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task EndLeaseAsync(CrlScope scope, string owner, CancellationToken ct);

    /// <summary>
    /// Puts a CRL number and the hash of its TBSCertList on record, before it is signed.
    /// </summary>
    /// <param name="crl">What will be signed.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when the shard's highest number is not lower: read it again and take a higher one.</returns>
    Task<bool> ReserveCrlAsync(CrlReservation crl, CancellationToken ct);

    /// <summary>Keeps a piece of a signed CRL, before it is recorded. Those of older ones go when it is.</summary>
    /// <param name="crl">What was reserved.</param>
    /// <param name="piece">0, 1, 2 …</param>
    /// <param name="octets">A megabyte or so.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task KeepPieceAsync(CrlReservation crl, int piece, ReadOnlyMemory<byte> octets, CancellationToken ct);

    /// <summary>The pieces of a CRL, in order.</summary>
    /// <param name="crl">The CRL.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>None when a newer one has taken its place.</returns>
    IAsyncEnumerable<byte[]> ReadPiecesAsync(CrlReservation crl, CancellationToken ct);

    /// <summary>Records that a reserved CRL was signed, with one audit entry (<c>crl-issued</c>).</summary>
    /// <param name="crl">What was reserved.</param>
    /// <param name="crlHash">SHA-256 of the signed CRL.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when one with a higher number is recorded already: this one must not be shown any more.</returns>
    Task<bool> RecordCrlAsync(CrlReservation crl, Digest crlHash, CancellationToken ct);

    /// <summary>The CRLs on record.</summary>
    /// <param name="scope">Of this shard.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The one with the highest number, complete or delta, reserved or recorded; null when there is none.</returns>
    ValueTask<CrlRecord?> LastCrlAsync(CrlScope scope, CancellationToken ct);

    /// <summary>The newest CRLs that were signed.</summary>
    /// <param name="name">Of these.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The newest first, two at most.</returns>
    ValueTask<IReadOnlyList<CrlRecord>> RecordedCrlsAsync(CrlName name, CancellationToken ct);

    /// <summary>The newest CRL that was signed.</summary>
    /// <param name="name">Which.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Null when there is none.</returns>
    async ValueTask<CrlRecord?> NewestCrlAsync(CrlName name, CancellationToken ct) =>
        await RecordedCrlsAsync(name, ct) is [var newest, ..] ? newest : null;
}
