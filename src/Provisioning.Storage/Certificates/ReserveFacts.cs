using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>
/// All that a usual reservation must know, in one statement; what they point at is read only when there is any.
/// </summary>
internal readonly record struct ReserveFacts
{
    /// <summary>
    /// Some certificate has this serial number, of whichever authority, because certificates are found by it alone.
    /// Only imported CA certificates, whose numbers others chose, need be new to their authority only.
    /// </summary>
    public required bool SerialNumberTaken { get; init; }

    /// <summary>The requester has used this request key, and it is not free again.</summary>
    public required bool RequestKeyTaken { get; init; }

    /// <summary>The device has a certificate in this slot that is reserved, issued, current or held.</summary>
    public required bool HasLive { get; init; }

    /// <summary>The device's state, or null when it is not known.</summary>
    public required DeviceState? Device { get; init; }

    /// <summary>The device's revision, or null when it is not known.</summary>
    public required long? DeviceRevision { get; init; }

    /// <summary><c>blocked</c>, the holder's <c>own</c>, some <c>other</c> holder's; null for a new key.</summary>
    public required string? Key { get; init; }

    /// <summary>The newest version of the group, or null when there is none.</summary>
    public required long? GroupVersion { get; init; }

    /// <summary>The revision of the registrar that asks, or null when there is none.</summary>
    public required long? RegistrarRevision { get; init; }

    /// <summary>The state of the certificate that the caller showed, or null when there is none.</summary>
    public required CertificateState? CallerCertificate { get; init; }

    public static ReserveFacts Read(Transaction transaction, Reservation reservation)
    {
        // Two things about SQLite. It compiles a statement again at every use when a parameter is compared with a
        // column that a partial index has a condition on: 'device' must be a constant. It makes a temporary table of
        // a list of more than two: the states are spelled out.
        const string sql = """
            SELECT
                EXISTS (SELECT 1 FROM certificates WHERE serial = @serial
                    AND (authority = @authority OR @holder_kind <> 'authority')),
                EXISTS (SELECT 1 FROM certificates WHERE requester = @requester AND request_key = @request_key
                    AND request_key IS NOT NULL),
                EXISTS (SELECT 1 FROM certificates WHERE holder = @holder AND slot = @slot AND holder_kind = 'device'
                    AND (state = 'reserved' OR state = 'issued' OR state = 'current' OR state = 'held')),
                (SELECT state FROM devices WHERE device_id = @holder),
                (SELECT revision FROM devices WHERE device_id = @holder),
                (SELECT CASE WHEN blocked_at IS NOT NULL THEN 'blocked'
                    WHEN holder_kind = @holder_kind AND holder = @holder THEN 'own' ELSE 'other' END
                    FROM keys WHERE key_thumbprint = @key),
                (SELECT version FROM enrollment_groups WHERE name = @group),
                (SELECT revision FROM principals WHERE name = @registrar),
                (SELECT state FROM certificates WHERE serial = @caller LIMIT 1)
            """;
        using var row = transaction.Sql(sql)
            .With("serial", reservation.SerialNumber.ToOctets())
            .With("authority", reservation.Authority)
            .With("requester", reservation.Requester)
            .With("request_key", reservation.RequestKey)
            .With("holder", reservation.Holder)
            .With("holder_kind", Words.Of(reservation.HolderKind))
            .With("slot", reservation.Slot)
            .With("key", reservation.KeyThumbprint.ToOctets())
            .With("group", reservation.Group)
            .With("registrar", reservation.Admission?.Registrar)
            .With("caller", reservation.Admission?.CallerCertificate?.ToOctets())
            .Query();
        row.Read();
        return new ReserveFacts
        {
            SerialNumberTaken = row.GetBoolean(0),
            RequestKeyTaken = row.GetBoolean(1),
            HasLive = row.GetBoolean(2),
            Device = row.IsDBNull(3) ? null : Words.ToDeviceState(row.GetString(3)),
            DeviceRevision = row.IsDBNull(4) ? null : row.GetInt64(4),
            Key = row.IsDBNull(5) ? null : row.GetString(5),
            GroupVersion = row.IsDBNull(6) ? null : row.GetInt64(6),
            RegistrarRevision = row.IsDBNull(7) ? null : row.GetInt64(7),
            CallerCertificate = row.IsDBNull(8) ? null : Words.ToCertificateState(row.GetString(8)),
        };
    }

    /// <summary>True when something that the plan rests on is not any more what it was when it was read.</summary>
    public bool IsStale(Reservation reservation)
    {
        if (reservation.Group is not null && GroupVersion != reservation.GroupVersion) return true;
        if (reservation.DeviceRevision is { } read && DeviceRevision != read) return true;
        return reservation.Admission is { } admission
            && (DeviceRevision != admission.DeviceRevision
                || (admission.Registrar is not null && RegistrarRevision != admission.RegistrarRevision));
    }
}
