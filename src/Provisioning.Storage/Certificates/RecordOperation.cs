using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>The record transaction, as <see cref="ICertificateStore.RecordAsync"/> specifies it.</summary>
internal sealed class RecordOperation(
    Transaction transaction, Reservation reservation, byte[] der, Digest thumbprint, DateTimeOffset at)
{
    private bool IsDevice => reservation.HolderKind == HolderKind.Device;

    // A renewal must be seen in a handshake first: the device may never have received it.
    private CertificateState NewState => IsDevice && reservation.Renews is not null
        ? CertificateState.Issued
        : CertificateState.Current;

    public Outcome<CertificateRecord> Run()
    {
        if (ReadPlace() is not { } place) return Refusals.GivenUp;
        if (place.State != CertificateState.Reserved)
        {
            // The same again, after an answer that got lost on the way.
            var recorded = CertificateRow.Find(transaction, reservation.SerialNumber);
            return recorded is { State: CertificateState.Issued or CertificateState.Current }
                && recorded.Thumbprint == thumbprint
                ? recorded
                : Refusals.GivenUp;
        }

        if (RevokedMeanwhile(place.Renewed) is { } refusal) return refusal;
        if (IsDevice && StoppedMeanwhile(place.Device) is { } stopped) return stopped;
        if (reservation.Replaces is { } replaced && ReplaceLost(replaced) is { } notLost) return notLost;
        if (reservation.Replaces is null && NewState == CertificateState.Current && place.DeviceHasCurrent)
            CertificateStates.SupersedeCurrent(transaction, reservation.Holder, reservation.Slot, Succession.Immediate, at);

        UpdateCertificate();
        InsertDer();
        if (IsDevice && place.Device == DeviceState.Registered) ActivateDevice();
        var record = NewRecord();
        CertificateStates.Audit(
            transaction, AuditActions.CertificateIssued, reservation.Requester, at, record, thumbprint.ToString());
        return record;
    }

    // The answer with its key got lost, as far as anybody knows; whoever has it must not use it beside the one that is given now.
    private Refusal? ReplaceLost(SerialNumber replaced)
    {
        if (!LostAnswer.IsStillLost(transaction, replaced)) return Abandon(Refusals.GivenUp);
        CertificateStates.SupersedeCurrent(
            transaction, reservation.Holder, reservation.Slot, new Succession(TimeSpan.Zero, Revokes: true), at);
        transaction.Audit(
            AuditActions.KeyMadeAgain, reservation.Requester, at, HolderKind.Device, reservation.Holder, replaced.ToString(),
            reservation.SerialNumber.ToString());
        return null;
    }

    // The certificate that authorized this renewal was revoked or held while it was signed: what was acknowledged must bite.
    private Refusal? RevokedMeanwhile(CertificateState? renewed)
    {
        var refusal = renewed switch
        {
            CertificateState.Revoked => Refusals.Revoked,
            CertificateState.Held => Refusals.OnHold,
            _ => null,
        };
        return refusal is null ? null : Abandon(refusal);
    }

    private Refusal Abandon(Refusal refusal)
    {
        if (CertificateRow.Find(transaction, reservation.SerialNumber) is { } reserved)
            CertificateStates.Abandon(transaction, reserved, at);
        return refusal;
    }

    // The device was suspended or quarantined while its certificate was signed: what was acknowledged must bite. (Decommissioned, it lost the
    // reservation with all others.)
    private Refusal? StoppedMeanwhile(DeviceState? device)
    {
        var refusal = device switch
        {
            DeviceState.Suspended => Refusals.DeviceSuspended,
            DeviceState.Quarantined => Refusals.DeviceQuarantined,
            _ => null,
        };
        return refusal is null ? null : Abandon(refusal);
    }

    private Place? ReadPlace()
    {
        const string sql = """
            SELECT state, (SELECT state FROM devices WHERE device_id = @holder),
                EXISTS (SELECT 1 FROM certificates
                    WHERE holder = @holder AND slot = @slot AND holder_kind = 'device' AND state = 'current'),
                (SELECT state FROM certificates WHERE serial = @renews LIMIT 1)
            FROM certificates WHERE serial = @serial AND authority = @authority AND tbs_hash = @tbs_hash
            """;
        using var row = transaction.Sql(sql)
            .With("holder", IsDevice ? reservation.Holder : null)
            .With("slot", reservation.Slot)
            .With("renews", reservation.Renews?.ToOctets())
            .With("serial", reservation.SerialNumber.ToOctets())
            .With("authority", reservation.Authority)
            .With("tbs_hash", reservation.TbsHash.ToOctets())
            .Query();
        if (!row.Read()) return null;
        return new Place(
            Words.ToCertificateState(row.GetString(0)),
            row.IsDBNull(1) ? null : Words.ToDeviceState(row.GetString(1)),
            row.GetBoolean(2),
            row.IsDBNull(3) ? null : Words.ToCertificateState(row.GetString(3)));
    }

    private void UpdateCertificate()
    {
        const string sql = """
            UPDATE certificates SET state = @state, thumbprint = @thumbprint, issued_at = @at
            WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("state", Words.Of(NewState))
            .With("thumbprint", thumbprint.ToOctets())
            .With("at", at)
            .With("serial", reservation.SerialNumber.ToOctets())
            .With("authority", reservation.Authority)
            .Execute();
    }

    private void InsertDer()
    {
        const string sql = "INSERT INTO certificate_der (serial, authority, der) VALUES (@serial, @authority, @der)";
        transaction.Sql(sql)
            .With("serial", reservation.SerialNumber.ToOctets())
            .With("authority", reservation.Authority)
            .With("der", der)
            .Execute();
    }

    private void ActivateDevice()
    {
        const string sql = "UPDATE devices SET state = 'active', revision = revision + 1, updated_at = @at WHERE device_id = @device_id";
        transaction.Sql(sql).With("at", at).With("device_id", reservation.Holder).Execute();
    }

    // Equal to what a read of the row would give: to the millisecond.
    private CertificateRecord NewRecord() => new()
    {
        Authority = reservation.Authority,
        SerialNumber = reservation.SerialNumber,
        HolderKind = reservation.HolderKind,
        Holder = reservation.Holder,
        Profile = reservation.Profile,
        State = NewState,
        KeyThumbprint = reservation.KeyThumbprint,
        TbsHash = reservation.TbsHash,
        Thumbprint = thumbprint,
        NotBefore = ToMilliseconds(reservation.NotBefore),
        NotAfter = ToMilliseconds(reservation.NotAfter),
        ReservedAt = ToMilliseconds(reservation.At),
        IssuedAt = ToMilliseconds(at),
        Requester = reservation.Requester,
        RevokedAt = null,
        RevocationReason = null,
        Slot = reservation.Slot,
        Group = reservation.Group,
        GroupVersion = reservation.Group is null ? null : reservation.GroupVersion,
    };

    private static DateTimeOffset ToMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    // The reservation's state, the device's, whether it has a current certificate, and the state of the one that is renewed.
    private readonly record struct Place(
        CertificateState State, DeviceState? Device, bool DeviceHasCurrent, CertificateState? Renewed);
}
