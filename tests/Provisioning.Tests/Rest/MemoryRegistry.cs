using Provisioning.Core.Approvals;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Core.Lots;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Rest;

/// <summary>
/// A registry in memory: as much of the stores' contracts as the door's own tests need. What the stores promise is
/// proven elsewhere, on real databases.
/// </summary>
internal sealed class MemoryRegistry : ICertificateStore, IDeviceStore, IRevocationStore, IAdmissionStore, IGroupStore,
    IPrincipalStore, IApprovalStore, IRefusalStore, IImportStore
{
    private readonly Dictionary<string, List<GroupVersion>> _groups = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Dictionary<SerialNumber, (CertificateRecord Record, byte[]? Der)> _certificates = [];
    private readonly Dictionary<string, Device> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Requester, string Key), (Digest Hash, SerialNumber Serial)> _keys = [];
    private readonly List<AuditEntry> _audit = [];

    /// <summary>What every call throws from now on, or null.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>What every reservation waits for, or null.</summary>
    internal Task? Gate { get; set; }

    /// <summary>What waits for an administrator.</summary>
    internal List<ApprovalRequest> Waiting { get; } = [];

    /// <summary>How many of the next reservations are for a serial number that another node has taken.</summary>
    internal int SerialNumbersTaken { get; set; }

    /// <summary>The serial numbers that reservations were asked for.</summary>
    internal List<SerialNumber> Asked { get; } = [];

    /// <summary>How many reservations were granted: what would have been signed.</summary>
    internal int Reserved { get; private set; }

    /// <summary>Registers a device.</summary>
    internal void Add(Device device)
    {
        lock (Enter()) _devices[device.Id.Value] = device;
    }

    public async Task<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken ct)
    {
        if (Gate is { } gate) await gate;
        lock (Enter())
        {
            Asked.Add(reservation.SerialNumber);
            return SerialNumbersTaken-- > 0 ? ReserveResult.SerialNumberTaken.Instance : Reserve(reservation);
        }
    }

    public Task<ReserveResult> ProbeAsync(Reservation reservation, bool leavesMarks, CancellationToken ct) =>
        Task.FromResult<ReserveResult>(ReserveResult.Reserved.Instance);

    public Task<Outcome<CertificateRecord>> RecordAsync(
        Reservation reservation, ReadOnlyMemory<byte> der, DateTimeOffset at, CancellationToken ct)
    {
        lock (Enter())
        {
            var record = _certificates[reservation.SerialNumber].Record with
            {
                State = reservation.Renews is null ? CertificateState.Current : CertificateState.Issued,
                Thumbprint = Digest.Of(der.Span),
                IssuedAt = at,
            };
            _certificates[reservation.SerialNumber] = (record, der.ToArray());
            if (_devices.TryGetValue(record.Holder, out var device))
                _devices[record.Holder] = device with { State = DeviceState.Active, UpdatedAt = at };
            Write(AuditActions.CertificateIssued, reservation.Requester, record, at);
            return Task.FromResult<Outcome<CertificateRecord>>(record);
        }
    }

    public Task<bool> AbandonAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) =>
        Task.FromResult(false);

    public Task SweepAsync(CancellationToken ct) => Task.CompletedTask;

    public Task<int> AbandonAllAsync(DateTimeOffset at, CancellationToken ct) => Task.FromResult(0);

    public Task NoteOldAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) => throw new NotSupportedException();

    public Task<CertificateRecord?> ConfirmAsync(
        SerialNumber serialNumber, Succession succession, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException("The door confirms nothing.");

    public ValueTask<ShownCertificate?> FindShownAsync(SerialNumber serialNumber, CancellationToken ct) =>
        throw new NotSupportedException("Callers are made up here.");

    public ValueTask<CertificateRecord?> FindAsync(SerialNumber serialNumber, CancellationToken ct)
    {
        lock (Enter()) return ValueTask.FromResult(_certificates.GetValueOrDefault(serialNumber).Record ?? null);
    }

    public ValueTask<StoredCertificate?> FindWithDerAsync(SerialNumber serialNumber, CancellationToken ct)
    {
        lock (Enter())
        {
            return ValueTask.FromResult(_certificates.TryGetValue(serialNumber, out var found) && found.Der is { } der
                ? new StoredCertificate(found.Record, der)
                : null);
        }
    }

    public Task<Page<CertificateRecord>> ListAsync(CertificateQuery query, CancellationToken ct)
    {
        lock (Enter())
        {
            var rows = _certificates.Values.Select(pair => pair.Record)
                .Where(record => query.Holder is null || record.Holder == query.Holder)
                .Where(record => query.HolderKind is null || record.HolderKind == query.HolderKind)
                .Where(record => query.State is null || record.State == query.State)
                .Where(record => query.ExpiresBefore is null || record.NotAfter < query.ExpiresBefore)
                .OrderBy(record => record.SerialNumber.ToString(), StringComparer.Ordinal);
            return Task.FromResult(Cut(rows, query.Limit, query.Cursor, record => record.SerialNumber.ToString()));
        }
    }

    public ValueTask<Device?> FindDeviceAsync(DeviceId id, CancellationToken ct)
    {
        lock (Enter()) return ValueTask.FromResult(_devices.GetValueOrDefault(id.Value));
    }

    public ValueTask<(Device? Device, Lot? Lot)> ReadAsync(DeviceId device, string? lot, CancellationToken ct)
    {
        lock (Enter()) return ValueTask.FromResult<(Device?, Lot?)>((_devices.GetValueOrDefault(device.Value), null));
    }

    public Task<IReadOnlyList<GroupVersion>> ListGroupsAsync(CancellationToken ct)
    {
        lock (Enter()) return Task.FromResult<IReadOnlyList<GroupVersion>>([.. _groups.Values.Select(versions => versions[^1])]);
    }

    public Task<IReadOnlyList<GroupVersion>> ListGroupVersionsAsync(string name, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<GroupVersion>>([.. _groups.GetValueOrDefault(name) ?? []]);

    public Task<Outcome<GroupVersion>> SaveGroupAsync(EnrollmentGroup group, string actor, DateTimeOffset at, CancellationToken ct)
    {
        lock (Enter())
        {
            var version = new GroupVersion(group, at, actor);
            _groups.TryAdd(group.Name, []);
            _groups[group.Name].Add(version);
            return Task.FromResult<Outcome<GroupVersion>>(version);
        }
    }

    public async ValueTask<Principal?> FindPrincipalAsync(string name, CancellationToken ct) =>
        (await ListPrincipalsAsync(ct)).FirstOrDefault(principal => principal.Name == name);

    public Task<IReadOnlyList<Principal>> ListPrincipalsAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<Principal>>(
    [
        new Principal
        {
            Name = "line-1",
            Kind = HolderKind.Registrar,
            Scope = new ScopeDefinition { Groups = ["default"] },
            Revision = 1,
            AddedAt = DateTimeOffset.UnixEpoch,
        },
    ]);

    public Task<Outcome<Principal>> AddPrincipalAsync(
        string name, HolderKind kind, string actor, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException("As above.");

    public Task<Outcome<Principal>> SetScopeAsync(
        string name, ScopeDefinition? scope, long? expected, string actor, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException("Principals are tested on real databases.");

    public ValueTask<ApprovalRequest?> FindApprovalAsync(string id, CancellationToken ct) =>
        ValueTask.FromResult(Waiting.FirstOrDefault(request => request.Id == id));

    public ValueTask<ApprovalRequest?> FindApprovalAsync(
        string requester, Digest requestHash, DateTimeOffset now, CancellationToken ct) => ValueTask.FromResult<ApprovalRequest?>(null);

    public Task<Outcome<ApprovalRequest>> AddApprovalAsync(ApprovalRequest request, CancellationToken ct)
    {
        Waiting.Add(request);
        return Task.FromResult<Outcome<ApprovalRequest>>(request);
    }

    public Task<Outcome<ApprovalRequest>> DecideAsync(
        string id, bool approve, string? reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException("Approvals are tested on real databases.");

    public Task<int> ForgetApprovalsAsync(DateTimeOffset expiredBefore, int limit, CancellationToken ct) => Task.FromResult(0);

    public Task<Page<ApprovalRequest>> ListApprovalsAsync(ApprovalQuery query, CancellationToken ct) =>
        Task.FromResult(new Page<ApprovalRequest>([.. Waiting], null));

    public Task NoteRefusalsAsync(IReadOnlyList<RefusalRecord> refusals, CancellationToken ct) => Task.CompletedTask;

    public Task<IReadOnlyList<RefusalRecord>> ListRefusalsAsync(DeviceId id, int limit, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<RefusalRecord>>(
        [
            new RefusalRecord
            {
                DeviceId = id,
                Code = RefusalCode.NotPreregistered,
                Requester = "registrar:line-1",
                Detail = "The group enrolls registered devices only.",
                FirstAt = DateTimeOffset.UnixEpoch,
                LastAt = DateTimeOffset.UnixEpoch,
                Count = 1,
            },
        ]);

    public ValueTask<ImportProgress?> FindImportAsync(string id, CancellationToken ct) =>
        ValueTask.FromResult<ImportProgress?>(new ImportProgress
        {
            Id = id,
            Rows = 2,
            Registered = 1,
            Unchanged = 0,
            Bad = 1,
            Content = Digest.Of([]),
            StartedAt = DateTimeOffset.UnixEpoch,
            FinishedAt = DateTimeOffset.UnixEpoch,
        });

    public Task<Outcome<ImportProgress>> ImportAsync(ImportChunk chunk, CancellationToken ct) =>
        throw new NotSupportedException("Imports are tested on real databases.");

    public Task<IReadOnlyList<RowProblem>> ListProblemsAsync(string id, long afterLine, int limit, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<RowProblem>>([new RowProblem(2, "pump-1", RefusalCode.AlreadyExists, "It is on record.")]);

    public IAsyncEnumerable<GroupMember> StreamGroupAsync(string group, CancellationToken ct) =>
        throw new NotSupportedException("As above.");

    public Task<Page<Device>> ListDevicesAsync(DeviceQuery query, CancellationToken ct)
    {
        lock (Enter())
        {
            var rows = _devices.Values
                .Where(device => device.Id.Value.StartsWith(query.Prefix ?? string.Empty, StringComparison.Ordinal))
                .Where(device => query.State is null || device.State == query.State)
                .OrderBy(device => device.Id.Value, StringComparer.Ordinal);
            return Task.FromResult(Cut(rows, query.Limit, query.Cursor, device => device.Id.Value));
        }
    }

    public Task<Page<AuditEntry>> HistoryAsync(DeviceId id, int limit, Cursor? cursor, CancellationToken ct)
    {
        lock (Enter())
        {
            var rows = _audit.Where(entry => entry.Holder == id.Value).OrderByDescending(entry => entry.Sequence);
            return Task.FromResult(new Page<AuditEntry>([.. rows.Take(limit)], null));
        }
    }

    public Task<Outcome<CertificateRecord>> RevokeAsync(
        SerialNumber serialNumber, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct)
    {
        lock (Enter())
        {
            var (record, der) = _certificates[serialNumber];
            if (record.RevocationReason == reason) return Task.FromResult<Outcome<CertificateRecord>>(record);
            if (record.State == CertificateState.Revoked && reason != RevocationReason.KeyCompromise)
                return Refuse(RefusalCode.AlreadyRevoked);
            var state = reason == RevocationReason.CertificateHold ? CertificateState.Held : CertificateState.Revoked;
            record = record with { State = state, RevocationReason = reason, RevokedAt = at };
            _certificates[serialNumber] = (record, der);
            Write(AuditActions.CertificateRevoked, actor, record, at);
            return Task.FromResult<Outcome<CertificateRecord>>(record);
        }
    }

    public Task<Outcome<CertificateRecord>> ReleaseAsync(
        SerialNumber serialNumber, string actor, DateTimeOffset at, CancellationToken ct)
    {
        lock (Enter())
        {
            var (record, der) = _certificates[serialNumber];
            if (record.State != CertificateState.Held)
                return Refuse(RefusalCode.NotOnHold);
            record = record with { State = CertificateState.Current, RevocationReason = null, RevokedAt = null };
            _certificates[serialNumber] = (record, der);
            return Task.FromResult<Outcome<CertificateRecord>>(record);
        }
    }

    private static Page<T> Cut<T>(IEnumerable<T> rows, int limit, Cursor? cursor, Func<T, string> key)
    {
        var found = rows.Where(row => cursor is not { } after || string.CompareOrdinal(key(row), after.Text) > 0)
            .Take(limit + 1).ToList();
        return found.Count <= limit
            ? new Page<T>(found, null)
            : new Page<T>(found[..limit], new Cursor(0, key(found[limit - 1])));
    }

    private static Task<Outcome<CertificateRecord>> Refuse(RefusalCode code) =>
        Task.FromResult<Outcome<CertificateRecord>>(new Refusal(code, "As the contract says."));

    private Lock Enter() => Failure is null ? _gate : throw Failure;

    private ReserveResult Reserve(Reservation reservation)
    {
        if (reservation.RequestKey is { } key)
        {
            if (_keys.TryGetValue((reservation.Requester, key), out var before))
            {
                var (record, der) = _certificates[before.Serial];
                return before.Hash == reservation.RequestHash
                    ? new ReserveResult.Existing(new StoredCertificate(record, der))
                    : new ReserveResult.Refused(new Refusal(RefusalCode.IdempotencyMismatch, "Another request."));
            }

            _keys[(reservation.Requester, key)] = (reservation.RequestHash, reservation.SerialNumber);
        }

        var live = _certificates.Values.FirstOrDefault(pair =>
            pair.Record.Holder == reservation.Holder && pair.Record.State is CertificateState.Current
                && reservation.Renews is null);
        if (live.Der is { } existing)
        {
            return live.Record.KeyThumbprint == reservation.KeyThumbprint
                ? new ReserveResult.Existing(new StoredCertificate(live.Record, existing))
                : new ReserveResult.Refused(new Refusal(RefusalCode.DeviceAlreadyBound, "It has one."));
        }

        Reserved++;
        _certificates[reservation.SerialNumber] = (ToRecord(reservation), null);
        _devices.TryAdd(reservation.Holder, ToDevice(reservation));
        return ReserveResult.Reserved.Instance;
    }

    private static CertificateRecord ToRecord(Reservation reservation) => new()
    {
        Authority = reservation.Authority,
        SerialNumber = reservation.SerialNumber,
        HolderKind = reservation.HolderKind,
        Holder = reservation.Holder,
        Profile = reservation.Profile,
        State = CertificateState.Reserved,
        KeyThumbprint = reservation.KeyThumbprint,
        TbsHash = reservation.TbsHash,
        Thumbprint = null,
        NotBefore = reservation.NotBefore,
        NotAfter = reservation.NotAfter,
        ReservedAt = reservation.At,
        IssuedAt = null,
        Requester = reservation.Requester,
        RevokedAt = null,
        RevocationReason = null,
    };

    private static Device ToDevice(Reservation reservation) => new()
    {
        Id = DeviceId.TryParse(reservation.Holder, out var id) ? id : default,
        State = DeviceState.Registered,
        Attributes = reservation.Attributes ?? new Dictionary<string, string>(),
        CreatedAt = reservation.At,
        UpdatedAt = reservation.At,
    };

    private void Write(string action, string actor, CertificateRecord record, DateTimeOffset at)
    {
        var entry = new AuditEntry
        {
            Sequence = _audit.Count + 1,
            At = at,
            Actor = actor,
            Action = action,
            HolderKind = record.HolderKind,
            Holder = record.Holder,
            SerialNumber = record.SerialNumber.ToString(),
            Detail = null,
            Hash = AuditChain.Genesis,
        };
        _audit.Add(entry with { Hash = AuditChain.Hash(_audit.LastOrDefault()?.Hash ?? AuditChain.Genesis, entry) });
    }
}
