using System.Text.Json;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>The reserve transaction, as <see cref="ICertificateStore.ReserveAsync"/> specifies it.</summary>
internal sealed class ReserveOperation(Transaction transaction, Reservation reservation)
{
    // An unconfirmed certificate of the device whose place this reservation takes.
    private CertificateRecord? _displaced;

    // The unconfirmed certificate that authenticated this renewal: it has been seen by that.
    private CertificateRecord? _confirmed;

    public ReserveResult Run()
    {
        var facts = ReserveFacts.Read(transaction, reservation);
        var answer = (facts.RequestKeyTaken ? Repeated() : null)
            ?? CheckKey(facts)
            ?? (reservation.HolderKind == HolderKind.Device ? CheckDevice(facts) : null)
            ?? (facts.SerialNumberTaken ? ReserveResult.SerialNumberTaken.Instance : null);
        if (answer is not null) return answer;
        Grant(facts);
        return ReserveResult.Reserved.Instance;
    }

    private static ReserveResult.Refused Refuse(Refusal refusal) => new(refusal);

    private static ReserveResult.Refused? CheckKey(ReserveFacts facts) => facts.Key switch
    {
        "blocked" => Refuse(Refusals.KeyBlocked),
        "other" => Refuse(Refusals.KeyInUse),
        _ => null,
    };

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
        _ => facts.HasLive ? CheckFirst(ReadLive()) : null,
    };

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
                    case CertificateState.Issued or CertificateState.Current: return Existing(certificate.SerialNumber);
                    default: break;
                }
            }

            // Held is said only when nothing else binds the device: a hold is not all that stands in the way then.
            if (other is null || certificate.State is CertificateState.Issued or CertificateState.Current)
                other = certificate;
        }

        return other switch
        {
            null => null,
            { State: CertificateState.Held } => Refuse(Refusals.OnHold),
            _ => Refuse(Refusals.AlreadyBound),
        };
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
            case CertificateState.Superseded: return Refuse(Refusals.Superseded);
            case CertificateState.Reserved or CertificateState.Abandoned: return Refuse(Refusals.UnknownCertificate);
            case CertificateState.Issued: _confirmed = named; break;
            default: break;
        }

        foreach (var pending in live.Where(certificate => certificate.SerialNumber != renews))
        {
            if (pending.State == CertificateState.Reserved) return Refuse(Refusals.RequestInProgress);
            if (pending.State != CertificateState.Issued) continue;
            if (pending.KeyThumbprint == reservation.KeyThumbprint && pending.NotAfter >= reservation.At)
                return Existing(pending.SerialNumber);
            _displaced = pending;
        }

        return null;
    }

    private List<CertificateRecord> ReadLive()
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns} FROM certificates c
            WHERE c.holder = @holder AND c.holder_kind = 'device'
                AND (c.state = 'reserved' OR c.state = 'issued' OR c.state = 'current' OR c.state = 'held')
            ORDER BY c.reserved_at DESC, c.serial DESC
            """;
        using var row = transaction.Sql(sql)
            .With("holder", reservation.Holder)
            .Query();
        var live = new List<CertificateRecord>();
        while (row.Read()) live.Add(CertificateRow.Read(row));
        return live;
    }

    private ReserveResult.Existing Existing(SerialNumber serialNumber) =>
        new(CertificateRow.FindStored(transaction, serialNumber)
            ?? throw new InvalidDataException($"The certificate {serialNumber} is recorded without its DER."));

    private void Grant(ReserveFacts facts)
    {
        if (_displaced is { } displaced) CertificateStates.Supersede(transaction, displaced);
        if (_confirmed is { } confirmed) CertificateStates.Confirm(transaction, confirmed, reservation.At);
        if (facts.Key is null) InsertKey();
        if (reservation.HolderKind == HolderKind.Device && facts.Device is null) InsertDevice();
        InsertCertificate();
    }

    private void InsertKey()
    {
        const string sql = """
            INSERT INTO keys (key_thumbprint, holder_kind, holder) VALUES (@key, @holder_kind, @holder)
            """;
        transaction.Sql(sql)
            .With("key", reservation.KeyThumbprint.ToOctets())
            .With("holder_kind", Words.Of(reservation.HolderKind))
            .With("holder", reservation.Holder)
            .Execute();
    }

    private void InsertDevice()
    {
        const string sql = """
            INSERT INTO devices (device_id, state, attributes, created_at, updated_at)
            VALUES (@device_id, 'registered', @attributes, @at, @at)
            """;
        transaction.Sql(sql)
            .With("device_id", reservation.Holder)
            .With("attributes", reservation.Attributes is { Count: > 0 } some ? JsonSerializer.Serialize(some) : null)
            .With("at", reservation.At)
            .Execute();
    }

    private void InsertCertificate()
    {
        const string sql = """
            INSERT INTO certificates (serial, authority, holder_kind, holder, profile, state, key_thumbprint, tbs_hash,
                not_before, not_after, reserved_at, requester, request_key, request_hash, renews)
            VALUES (@serial, @authority, @holder_kind, @holder, @profile, 'reserved', @key, @tbs_hash,
                @not_before, @not_after, @at, @requester, @request_key, @request_hash, @renews)
            """;
        transaction.Sql(sql)
            .With("serial", reservation.SerialNumber.ToOctets())
            .With("authority", reservation.Authority)
            .With("holder_kind", Words.Of(reservation.HolderKind))
            .With("holder", reservation.Holder)
            .With("profile", reservation.Profile)
            .With("key", reservation.KeyThumbprint.ToOctets())
            .With("tbs_hash", reservation.TbsHash.ToOctets())
            .With("not_before", reservation.NotBefore)
            .With("not_after", reservation.NotAfter)
            .With("at", reservation.At)
            .With("requester", reservation.Requester)
            .With("request_key", reservation.RequestKey)
            .With("request_hash", reservation.RequestHash.ToOctets())
            .With("renews", reservation.Renews?.ToOctets())
            .Execute();
    }
}
