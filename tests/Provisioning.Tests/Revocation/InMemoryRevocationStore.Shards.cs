using System.Runtime.CompilerServices;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

// Shards, deltas, leases and the octets that other nodes take.
internal sealed partial class InMemoryRevocationStore
{
    private readonly Dictionary<SerialNumber, int> _shards = [];
    private readonly Dictionary<SerialNumber, long> _changes = [];
    private readonly Dictionary<CrlScope, CrlShard> _declared = [];
    private readonly Dictionary<CrlScope, (string Owner, DateTimeOffset Until)> _leases = [];
    private readonly Dictionary<(CrlScope, long), List<byte[]>> _pieces = [];
    private long _sequence;

    public bool KeepsOctets { get; set; }

    /// <summary>False when every node has every lease: numbers must be safe without.</summary>
    public bool HonorsLeases { get; set; } = true;

    public async IAsyncEnumerable<RevokedEntry> ReadChangedAsync(
        CrlScope scope, long since, DateTimeOffset at, [EnumeratorCancellation] CancellationToken ct)
    {
        RevokedEntry[] changed;
        lock (_lock)
        {
            changed = [.. _rows.Values.Where(row => IsIn(scope, row) && _changes.GetValueOrDefault(row.SerialNumber) > since)
                .Select(row => row.RevokedAt is { } revokedAt
                    ? new RevokedEntry(row.SerialNumber.ToOctets(), revokedAt, row.RevocationReason!.Value)
                    : new RevokedEntry(row.SerialNumber.ToOctets(), at, default) { IsReleased = true })];
        }

        await Task.Yield();
        foreach (var entry in changed) yield return entry;
    }

    public ValueTask<bool> HasChangedAsync(CrlScope scope, long since, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_rows.Values.Any(row => IsIn(scope, row) && _changes.GetValueOrDefault(row.SerialNumber) > since));
    }

    public ValueTask<long> ReadSequenceAsync(CancellationToken ct)
    {
        lock (_lock) return ValueTask.FromResult(_sequence);
    }

    public async ValueTask<bool> HasUnexpiredAsync(CrlScope scope, DateTimeOffset since, CancellationToken ct)
    {
        await Task.Yield();
        BeforePersisting("unexpired", scope.Authority);
        lock (_lock) return _rows.Values.Any(row => IsIn(scope, row) && row.NotAfter >= since);
    }

    public Task DeclareShardsAsync(IReadOnlyList<CrlShard> shards, DateTimeOffset at, CancellationToken ct)
    {
        lock (_lock)
        {
            foreach (var shard in shards)
            {
                var known = _declared.TryGetValue(shard.Scope, out var before) ? before.Addresses : [];
                _declared[shard.Scope] = shard with { Addresses = [.. known.Union(shard.Addresses)] };
            }
        }

        return Task.CompletedTask;
    }

    public ValueTask<IReadOnlyList<CrlShard>> ReadShardsAsync(string authority, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<CrlShard>>(
                [.. _declared.Values.Where(shard => shard.Scope.Authority == authority).OrderBy(shard => shard.Scope.Shard)]);
        }
    }

    public Task<bool> TryLeaseAsync(CrlScope scope, string owner, DateTimeOffset at, DateTimeOffset until, CancellationToken ct)
    {
        lock (_lock)
        {
            if (HonorsLeases && _leases.TryGetValue(scope, out var lease) && lease.Owner != owner && lease.Until > at && lease.Until <= until)
                return Task.FromResult(false);
            _leases[scope] = (owner, until);
            return Task.FromResult(true);
        }
    }

    public Task EndLeaseAsync(CrlScope scope, string owner, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_leases.TryGetValue(scope, out var lease) && lease.Owner == owner) _leases.Remove(scope);
        }

        return Task.CompletedTask;
    }

    public Task KeepPieceAsync(CrlReservation crl, int piece, ReadOnlyMemory<byte> octets, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_pieces.TryGetValue((crl.Scope, crl.Number), out var all)) _pieces[(crl.Scope, crl.Number)] = all = [];
            all.Insert(piece, octets.ToArray());
        }

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<byte[]> ReadPiecesAsync(CrlReservation crl, [EnumeratorCancellation] CancellationToken ct)
    {
        byte[][] all;
        lock (_lock) all = _pieces.TryGetValue((crl.Scope, crl.Number), out var kept) ? [.. kept] : [];
        await Task.Yield();
        foreach (var piece in all) yield return piece;
    }

    public ValueTask<IReadOnlyList<CrlRecord>> RecordedCrlsAsync(CrlName name, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<CrlRecord>>(
            [
                .. _crls.Where(crl => crl.Reserved.Scope == name.Scope && crl.CrlHash is not null)
                    .Where(crl => crl.Reserved.BaseNumber is not null == name.IsDelta)
                    .OrderByDescending(crl => crl.Reserved.Number).Take(2),
            ]);
        }
    }

    private bool IsIn(CrlScope scope, CertificateRecord row) =>
        row.Authority == scope.Authority && _shards.GetValueOrDefault(row.SerialNumber) == scope.Shard;
}
