using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

/// <summary>
/// The part of the registry that CRLs need, in memory, by the contract of <see cref="IRevocationStore"/> and <see cref="ICrlStore"/>; it can fail
/// before and after it persists.
/// </summary>
internal sealed partial class InMemoryRevocationStore : IRevocationStore, ICrlStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SerialNumber, CertificateRecord> _rows = [];
    private readonly Dictionary<SerialNumber, CertificateState> _stateBeforeHold = [];
    private readonly List<CrlRecord> _crls = [];

    /// <summary>Throws when an operation on an authority is to fail without a trace.</summary>
    public Action<string, string> BeforePersisting { get; set; } = (_, _) => { };

    /// <summary>Throws when an operation on an authority is to be killed after its transaction.</summary>
    public Action<string, string> AfterPersisting { get; set; } = (_, _) => { };

    /// <summary>Called when it is decided what is read as revoked.</summary>
    public Action AfterReading { get; set; } = () => { };

    /// <summary>Given out besides the rows: what a damaged database could hold.</summary>
    public List<RevokedEntry> Damaged { get; } = [];

    /// <summary>Every CRL as it is recorded.</summary>
    public Channel<CrlRecord> Recorded { get; } = Channel.CreateUnbounded<CrlRecord>();

    public IReadOnlyList<CrlRecord> Crls
    {
        get
        {
            lock (_lock) return [.. _crls];
        }
    }

    public void Add(CertificateRecord row, int shard = 0)
    {
        lock (_lock) (_rows[row.SerialNumber], _shards[row.SerialNumber]) = (row, shard);
    }

    public CertificateRecord? Find(SerialNumber serialNumber)
    {
        lock (_lock) return _rows.GetValueOrDefault(serialNumber);
    }

    public Task<Outcome<CertificateRecord>> RevokeAsync(
        SerialNumber serialNumber, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_rows.TryGetValue(serialNumber, out var row))
                return Task.FromResult<Outcome<CertificateRecord>>(new Refusal(RefusalCode.NotFound, "unknown"));
            if (row.RevocationReason == reason) return Task.FromResult<Outcome<CertificateRecord>>(row);
            if (row.State == CertificateState.Revoked && reason != RevocationReason.KeyCompromise)
                return Task.FromResult<Outcome<CertificateRecord>>(new Refusal(RefusalCode.AlreadyRevoked, "already"));
            var hold = reason == RevocationReason.CertificateHold;
            if (hold) _stateBeforeHold[serialNumber] = row.State;
            row = _rows[serialNumber] = row with
            {
                State = hold ? CertificateState.Held : CertificateState.Revoked,
                RevokedAt = row.State == CertificateState.Revoked ? row.RevokedAt : at,
                RevocationReason = reason,
            };
            _changes[serialNumber] = ++_sequence;
            return Task.FromResult<Outcome<CertificateRecord>>(row);
        }
    }

    public Task<Outcome<CertificateRecord>> ReleaseAsync(
        SerialNumber serialNumber, string actor, DateTimeOffset at, CancellationToken ct)
    {
        lock (_lock)
        {
            var row = _rows[serialNumber];
            if (row.State != CertificateState.Held)
                return Task.FromResult<Outcome<CertificateRecord>>(new Refusal(RefusalCode.NotOnHold, "not on hold"));
            row = _rows[serialNumber] = row with
            {
                State = _stateBeforeHold[serialNumber],
                RevokedAt = null,
                RevocationReason = null,
            };
            _changes[serialNumber] = ++_sequence;
            return Task.FromResult<Outcome<CertificateRecord>>(row);
        }
    }

    public async IAsyncEnumerable<RevokedEntry> ReadRevokedAsync(
        CrlScope scope, DateTimeOffset notExpiredBefore, [EnumeratorCancellation] CancellationToken ct)
    {
        RevokedEntry[] snapshot;
        lock (_lock)
        {
            snapshot = [.. Damaged, .. _rows.Values
                .Where(row => IsIn(scope, row) && row.RevokedAt is not null)
                .Where(row => row.NotAfter >= notExpiredBefore)
                .Select(row => new RevokedEntry(
                    row.SerialNumber.ToOctets(), row.RevokedAt!.Value, row.RevocationReason!.Value))];
        }

        AfterReading();
        await Task.Yield();
        foreach (var entry in snapshot)
        {
            ct.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    public async Task<bool> ReserveCrlAsync(CrlReservation crl, CancellationToken ct)
    {
        await Task.Yield();
        BeforePersisting("reserve", crl.Authority);
        lock (_lock)
        {
            if (_crls.Any(record => record.Reserved.Scope == crl.Scope && record.Reserved.Number >= crl.Number))
                return false;
            _crls.Add(new CrlRecord(crl, null));
        }

        AfterPersisting("reserve", crl.Authority);
        return true;
    }

    public async Task<bool> RecordCrlAsync(CrlReservation crl, Digest crlHash, CancellationToken ct)
    {
        await Task.Yield();
        BeforePersisting("record", crl.Authority);
        var record = new CrlRecord(crl, crlHash);
        lock (_lock)
        {
            if (_crls.Any(one => one.Reserved.Scope == crl.Scope && one.Reserved.Number > crl.Number && one.CrlHash is not null)) return false;
            _crls[_crls.FindIndex(existing => existing.Reserved == crl)] = record;
            _sequence++;
        }

        Recorded.Writer.TryWrite(record);
        AfterPersisting("record", crl.Authority);
        return true;
    }

    public ValueTask<CrlRecord?> LastCrlAsync(CrlScope scope, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(_crls.Where(record => record.Reserved.Scope == scope)
                .MaxBy(record => record.Reserved.Number));
        }
    }
}
