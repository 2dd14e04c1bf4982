using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Devices;

namespace Provisioning.Storage.Certificates;

/// <summary>What the reserve transaction writes once nothing stands in the way.</summary>
internal sealed class Grant(Transaction transaction, Reservation reservation, UnitsTaken? units, NamesTaken names)
{
    private bool IsDevice => reservation.HolderKind == HolderKind.Device;

    private bool ChangesDevice =>
        reservation.Attributes is not null || units?.NewLot is not null || reservation.Admission?.BirthThumbprint is not null;

    /// <summary>Writes all of it.</summary>
    /// <param name="facts">What was read.</param>
    /// <param name="displaced">An unconfirmed certificate of the device whose place this reservation takes, or null.</param>
    /// <param name="confirmed">The unconfirmed certificate that authenticated this renewal, or null.</param>
    /// <param name="lost">The answer that this one makes up for, or null.</param>
    public void Write(ReserveFacts facts, CertificateRecord? displaced, CertificateRecord? confirmed, LostAnswer? lost)
    {
        if (displaced is not null) CertificateStates.Displace(transaction, displaced);
        if (confirmed is not null) CertificateStates.Confirm(transaction, confirmed, reservation.Succession, reservation.At);
        if (facts.Key is null) InsertKey();
        if (IsDevice && facts.Device is null) InsertDevice();
        else if (IsDevice && ChangesDevice) UpdateDevice();
        units?.Take();
        names.Take();
        InsertCertificate(lost);
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
            INSERT INTO devices (device_id, state, group_name, attributes, lot, birth_thumbprint, created_at, updated_at)
            VALUES (@device_id, 'registered', @group, @attributes, @lot, @birth, @at, @at)
            """;
        transaction.Sql(sql)
            .With("device_id", reservation.Holder)
            .With("group", reservation.Group ?? EnrollmentGroup.DefaultName)
            .With("attributes", DeviceRow.ToText(reservation.Attributes))
            .With("lot", units?.NewLot)
            .With("birth", reservation.Admission?.BirthThumbprint?.ToOctets())
            .With("at", reservation.At)
            .Execute();
    }

    private void UpdateDevice()
    {
        const string sql = """
            UPDATE devices SET attributes = COALESCE(@attributes, attributes), lot = COALESCE(@lot, lot),
                birth_thumbprint = COALESCE(@birth, birth_thumbprint), revision = revision + 1, updated_at = @at
            WHERE device_id = @device_id
            """;
        transaction.Sql(sql)
            .With("attributes", DeviceRow.ToText(reservation.Attributes))
            .With("lot", units?.NewLot)
            .With("birth", reservation.Admission?.BirthThumbprint?.ToOctets())
            .With("at", reservation.At)
            .With("device_id", reservation.Holder)
            .Execute();
    }

    private void InsertCertificate(LostAnswer? lost)
    {
        const string sql = """
            INSERT INTO certificates (serial, authority, holder_kind, holder, profile, state, key_thumbprint, tbs_hash,
                not_before, not_after, reserved_at, requester, request_key, request_hash, renews,
                slot, group_name, group_version, lot, token, shard, lost_answers)
            VALUES (@serial, @authority, @holder_kind, @holder, @profile, 'reserved', @key, @tbs_hash,
                @not_before, @not_after, @at, @requester, @request_key, @request_hash, @renews,
                @slot, @group, @group_version, @lot, @token, @shard, @lost)
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
            .With("slot", reservation.Slot)
            .With("group", reservation.Group)
            .With("group_version", reservation.Group is null ? null : reservation.GroupVersion)
            .With("lot", units?.Lot)
            .With("token", units?.Token)
            .With("shard", reservation.CrlShard)
            .With("lost", lost is null ? 0 : lost.Times + 1)
            .Execute();
    }
}
