using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>The reserve transaction, as <see cref="ICertificateStore.ReserveAsync"/> specifies it.</summary>
internal sealed class ReserveOperation(Transaction transaction, Reservation reservation)
{
    private const int MaxClaimCertificates = 1000;

    private readonly UnitsTaken? _units =
        reservation.Admission is { } admission ? new UnitsTaken(transaction, reservation, admission) : null;

    private readonly NamesTaken _names = new(transaction, reservation);

    // An unconfirmed certificate of the device whose place this reservation takes.
    private CertificateRecord? _displaced;

    // A probe asks what would be; then an approval may still be missing.
    private bool _isProbe;

    private bool _leavesMarks = true;

    // What the same request was given, over a key that was made here; and it, when it gives its place up, once this one is recorded.
    private LostAnswer? _given;

    private LostAnswer? _lost;

    // The unconfirmed certificate that authenticated this renewal: it has been seen by that.
    private CertificateRecord? _confirmed;

    private ReserveResult.Reserved Reserved =>
        _lost is { } lost ? new ReserveResult.Reserved(lost.Given.SerialNumber) : ReserveResult.Reserved.Instance;

    private bool IsDevice => reservation.HolderKind == HolderKind.Device;

    /// <summary>Decides, and reserves when nothing stands in the way.</summary>
    public ReserveResult Run()
    {
        var facts = ReserveFacts.Read(transaction, reservation);
        if (Decide(facts) is { } answer) return answer;
        new Grant(transaction, reservation, _units, _names).Write(facts, _displaced, _confirmed, _lost);
        return Reserved;
    }

    /// <summary>Decides, and does not reserve.</summary>
    /// <param name="leavesMarks">A refusal leaves the marks that one of a reservation would leave.</param>
    public ReserveResult Probe(bool leavesMarks)
    {
        _isProbe = true;
        _leavesMarks = leavesMarks;
        return Decide(ReserveFacts.Read(transaction, reservation)) ?? Reserved;
    }

    private ReserveResult? Decide(ReserveFacts facts)
    {
        var answer = (facts.RequestKeyTaken ? Repeated() : null)
            ?? CheckKey(facts)
            ?? CheckSignedWith()
            ?? CheckPolicy(facts)
            ?? CheckExpectedKey()
            ?? (IsDevice ? CheckDevice(facts) : null)
            ?? (reservation.UnlessExisting is { } tooEarly ? Refuse(tooEarly) : null)
            ?? (reservation.HolderKind == HolderKind.Claim ? CheckBatch() : null)
            ?? CheckNames()
            ?? CheckUnits(facts);
        return answer ?? (facts.SerialNumberTaken ? ReserveResult.SerialNumberTaken.Instance : null);
    }

    private static ReserveResult.Refused Refuse(Refusal refusal) => new(refusal);

    private ReserveResult.Refused Suspect(string device, CloneSign sign, Refusal refusal) =>
        _leavesMarks ? CloneMarks.Refuse(transaction, reservation, device, sign, refusal) : Refuse(refusal);

    private ReserveResult.Refused? CheckKey(ReserveFacts facts) => facts.Key switch
    {
        "blocked" => Refuse(Refusals.KeyBlocked),
        "other" when IsDevice && ReadKeyHolder() is { } holder =>
            Suspect(holder, CloneSign.SameKey, Refusals.KeyInUse),
        "other" => Refuse(Refusals.KeyInUse),
        _ => null,
    };

    // Nobody has certified it for this request; but who shares it with others shares the request, and what it is given when an answer was lost.
    private ReserveResult.Refused? CheckSignedWith()
    {
        if (reservation.SignedWith is not { } key) return null;
        using var row = transaction.Sql("SELECT holder_kind, holder, blocked_at FROM keys WHERE key_thumbprint = @key").With("key", key.ToOctets()).Query();
        if (!row.Read()) return null;
        if (!row.IsDBNull(2)) return Refuse(Refusals.KeyBlocked);
        return row.GetString(0) == Words.Of(reservation.HolderKind) && row.GetString(1) == reservation.Holder ? null : Refuse(Refusals.KeyInUse);
    }

    private ReserveResult.Refused? CheckNames() => _names.Check() is { } refusal ? Refuse(refusal) : null;

    // The device that the key belongs to, or null when it is somebody else's.
    private string? ReadKeyHolder()
    {
        const string sql = "SELECT holder FROM keys WHERE key_thumbprint = @key AND holder_kind = 'device'";
        using var row = transaction.Sql(sql).With("key", reservation.KeyThumbprint.ToOctets()).Query();
        return row.Read() ? row.GetString(0) : null;
    }

    private ReserveResult.Refused? CheckPolicy(ReserveFacts facts)
    {
        if (facts.IsStale(reservation)) return Refuse(Refusals.PolicyChanged);
        return reservation.Admission?.CallerCertificate is not null
            && facts.CallerCertificate is not (CertificateState.Issued or CertificateState.Current)
            ? Refuse(Refusals.CallerNotGood)
            : null;
    }

    // The revision that it was read with is the device's still: it has been compared.
    private ReserveResult.Refused? CheckExpectedKey() =>
        reservation.Admission?.ExpectedKey is { } expected && expected != reservation.KeyThumbprint
            ? Suspect(reservation.Holder, CloneSign.UnexpectedKey, Refusals.UnexpectedKey)
            : null;

    private ReserveResult.Refused? CheckUnits(ReserveFacts facts)
    {
        if (_units is null || reservation.Admission is not { } admission) return null;
        _units.IsAgain = _lost is not null;
        if (new Introduction(transaction, reservation, admission).Check(facts, _units.IsAgain) is var (doubt, sign))
            return sign is { } suspicion ? Suspect(reservation.Holder, suspicion, doubt) : Refuse(doubt);
        if (_units.Check(_isProbe) is not { } refusal) return null;
        if (refusal == Refusals.QuotaExhausted && _leavesMarks) _units.NoteBeyond();

        // A counted token is used up by honest devices. A one-time token that was for one device, and comes for another, was copied.
        return refusal == Refusals.TokenExhausted && _units.ReadOneTimeHolder() is { } first && first != reservation.Holder
            ? Suspect(first, CloneSign.ClaimedTwice, refusal)
            : Refuse(refusal);
    }

    // So many that a revocation of the whole batch, one transaction, stays short.
    private ReserveResult.Refused? CheckBatch()
    {
        if (!Introduction.IsGoodBatch(transaction, reservation.Holder)) return Refuse(Refusals.BatchNotGood);
        const string count = "SELECT COUNT(*) FROM certificates WHERE holder = @holder AND holder_kind = 'claim'";
        using var row = transaction.Sql(count).With("holder", reservation.Holder).Query();
        row.Read();
        return row.GetInt64(0) >= MaxClaimCertificates ? Refuse(Refusals.BatchFull) : null;
    }

    private ReserveResult Repeated()
    {
        var (earlier, requestHash) = ReadEarlier();
        if (requestHash != reservation.RequestHash) return Refuse(Refusals.IdempotencyMismatch);
        return earlier.State == CertificateState.Reserved
            ? Refuse(Refusals.RequestInProgress)
            : Existing(earlier.SerialNumber);
    }

    private (CertificateRecord Earlier, Digest RequestHash) ReadEarlier()
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns}, c.request_hash FROM certificates c
            WHERE c.requester = @requester AND c.request_key = @request_key
                AND c.request_key IS NOT NULL
            """;
        using var row = transaction.Sql(sql)
            .With("requester", reservation.Requester)
            .With("request_key", reservation.RequestKey)
            .Query();
        row.Read();
        return (CertificateRow.Read(row), Digest.FromOctets(row.GetFieldValue<byte[]>(CertificateRow.Count)));
    }

    private ReserveResult? CheckDevice(ReserveFacts facts) => facts.Device switch
    {
        DeviceState.Suspended => Refuse(Refusals.DeviceSuspended),
        DeviceState.Quarantined => Refuse(Refusals.DeviceQuarantined),
        DeviceState.Decommissioned => Refuse(Refusals.DeviceDecommissioned),
        _ when reservation.Renews is { } renews => CheckRenewal(renews, facts.HasLive ? ReadLive() : []),
        _ => CheckFirst(facts),
    };

    private ReserveResult? CheckFirst(ReserveFacts facts)
    {
        if (reservation.KeyIsMade && CheckLost(facts) is { } refused) return refused;
        return facts.HasLive ? CheckFirst(ReadLive()) : null;
    }

    // It takes a second or more to make a key. Who asked again meanwhile and was answered first has the answer that is not to be made void.
    private ReserveResult.Refused? CheckLost(ReserveFacts facts)
    {
        if (facts.HasLive)
        {
            if (LostAnswer.IsInWork(transaction, reservation)) return Refuse(Refusals.RequestInProgress);
            _given = LostAnswer.Find(transaction, reservation);
            if (_given?.MayBeMadeUpFor(reservation) == true) _lost = _given;
        }

        return _isProbe || _lost?.Given.SerialNumber == reservation.Replaces ? null : Refuse(Refusals.RequestInProgress);
    }

    // What has the key of this request is looked at first: then this is a retry, whatever else the device has.
    private ReserveResult? CheckFirst(IReadOnlyList<CertificateRecord> live)
    {
        CertificateRecord? other = null;
        foreach (var certificate in live)
        {
            if (certificate.State != CertificateState.Reserved && certificate.NotAfter < reservation.At)
            {
                // Expired, and it will be superseded when the new one is recorded; but its place is needed now.
                if (certificate.State == CertificateState.Issued) _displaced = certificate;
                continue;
            }

            if (certificate.KeyThumbprint == reservation.KeyThumbprint)
            {
                switch (certificate.State)
                {
                    case CertificateState.Reserved: return Refuse(Refusals.RequestInProgress);
                    case CertificateState.Issued or CertificateState.Current:
                        return IsOfAnotherLot() ? Refuse(Refusals.OfAnotherLot) : Existing(certificate.SerialNumber);
                    default: break;
                }
            }

            if (certificate.SerialNumber == _lost?.Given.SerialNumber) continue;

            // Held is said only when nothing else binds the device: a hold is not all that stands in the way then.
            if (other is null || certificate.State is CertificateState.Issued or CertificateState.Current)
                other = certificate;
        }

        return other switch
        {
            null => null,
            { State: CertificateState.Held } => Refuse(Refusals.OnHold),

            // The device that was given it, once too often or too late: nobody else.
            _ when other.SerialNumber == _given?.Given.SerialNumber => Refuse(Refusals.AlreadyBound),
            _ when reservation.Admission?.ClaimBatch is not null => Suspect(
                reservation.Holder, CloneSign.ClaimedTwice, Refusals.AlreadyClaimed),
            _ => Suspect(
                reservation.Holder, CloneSign.SecondKey, Refusals.AlreadyBound),
        };
    }

    // Who enrolls for a lot would take the answer for a unit of it, which nobody has counted. Who names none may ask again for any.
    private bool IsOfAnotherLot()
    {
        if (reservation.Admission?.Lot is not { } lot) return false;
        using var row = transaction.Sql("SELECT lot FROM devices WHERE device_id = @device_id").With("device_id", reservation.Holder).Query();
        return row.Read() && (row.IsDBNull(0) || row.GetString(0) != lot);
    }

    private ReserveResult? CheckRenewal(SerialNumber renews, IReadOnlyList<CertificateRecord> live)
    {
        var named = live.FirstOrDefault(certificate => certificate.SerialNumber == renews)
            ?? CertificateRow.Find(transaction, renews);
        if (named is null || named.HolderKind != reservation.HolderKind || named.Holder != reservation.Holder)
            return Refuse(Refusals.UnknownCertificate);
        switch (named.State)
        {
            case CertificateState.Revoked: return Refuse(Refusals.Revoked);
            case CertificateState.Held: return Refuse(Refusals.OnHold);
            // In the overlap: power may have failed between the first showing of the next one and the switch to it.
            case CertificateState.Superseded when named.WorksUntil is not { } end || end <= reservation.At: return Refuse(Refusals.Superseded);
            case CertificateState.Reserved or CertificateState.Abandoned: return Refuse(Refusals.UnknownCertificate);
            case CertificateState.Issued: _confirmed = named; break;
            default: break;
        }

        foreach (var pending in live.Where(certificate => certificate.SerialNumber != renews))
        {
            if (pending.State == CertificateState.Reserved) return Refuse(Refusals.RequestInProgress);
            if (pending.State is not (CertificateState.Issued or CertificateState.Current)) continue;
            if (pending.KeyThumbprint == reservation.KeyThumbprint && pending.NotAfter >= reservation.At)
                return Existing(pending.SerialNumber);
            if (pending.State == CertificateState.Issued) _displaced = pending;
        }

        return null;
    }

    private List<CertificateRecord> ReadLive()
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns} FROM certificates c
            WHERE c.holder = @holder AND c.slot = @slot AND c.holder_kind = 'device'
                AND (c.state = 'reserved' OR c.state = 'issued' OR c.state = 'current' OR c.state = 'held')
            ORDER BY c.reserved_at DESC, c.serial DESC
            """;
        using var row = transaction.Sql(sql)
            .With("holder", reservation.Holder)
            .With("slot", reservation.Slot)
            .Query();
        var live = new List<CertificateRecord>();
        while (row.Read()) live.Add(CertificateRow.Read(row));
        return live;
    }

    private ReserveResult.Existing Existing(SerialNumber serialNumber) =>
        new(CertificateRow.FindStored(transaction, serialNumber)
            ?? throw new InvalidDataException($"The certificate {serialNumber} is recorded without its DER."));
}
