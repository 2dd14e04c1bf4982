using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Certificates;

/// <summary>How a row of <c>certificates</c> is read.</summary>
internal static class CertificateRow
{
    /// <summary>What <see cref="Read"/> expects, in its order, of a table or alias <c>c</c>.</summary>
    public const string Columns = """
        c.serial, c.authority, c.holder_kind, c.holder, c.profile, c.state, c.key_thumbprint, c.tbs_hash, c.thumbprint,
        c.not_before, c.not_after, c.reserved_at, c.issued_at, c.requester, c.revoked_at, c.revocation_reason,
        c.slot, c.group_name, c.group_version, c.seen_at, c.last_seen_at, c.works_until
        """;

    /// <summary>How many columns that is: where the columns after them start.</summary>
    public const int Count = 22;

    private const string BySerial = $"SELECT {Columns} FROM certificates c WHERE c.serial = @serial";

    private const string BySerialWithDer = $"""
        SELECT {Columns}, d.der FROM certificates c
        JOIN certificate_der d ON d.serial = c.serial AND d.authority = c.authority
        WHERE c.serial = @serial
        """;

    public static CertificateRecord Read(DbDataReader row) => new()
    {
        SerialNumber = SerialNumber.TryFromOctets(Octets(row, 0), out var serial)
            ? serial
            : throw new InvalidDataException("A serial number of 0 or more than 20 octets."),
        Authority = row.GetString(1),
        HolderKind = Words.ToHolderKind(row.GetString(2)),
        Holder = row.GetString(3),
        Profile = row.GetString(4),
        State = Words.ToCertificateState(row.GetString(5)),
        KeyThumbprint = Digest.FromOctets(Octets(row, 6)),
        TbsHash = Digest.FromOctets(Octets(row, 7)),
        Thumbprint = row.IsDBNull(8) ? null : Digest.FromOctets(Octets(row, 8)),
        NotBefore = Time(row, 9),
        NotAfter = Time(row, 10),
        ReservedAt = Time(row, 11),
        IssuedAt = row.IsDBNull(12) ? null : Time(row, 12),
        Requester = row.GetString(13),
        RevokedAt = row.IsDBNull(14) ? null : Time(row, 14),
        RevocationReason = row.IsDBNull(15) ? null : (RevocationReason)row.GetInt64(15),
        Slot = row.GetString(16),
        Group = row.IsDBNull(17) ? null : row.GetString(17),
        GroupVersion = row.IsDBNull(18) ? null : row.GetInt64(18),
        SeenAt = row.IsDBNull(19) ? null : Time(row, 19),
        LastSeenAt = row.IsDBNull(20) ? null : Time(row, 20),
        WorksUntil = row.IsDBNull(21) ? null : Time(row, 21),
    };

    /// <summary>As <see cref="Read"/>, for those who read many: null for a row that is damaged.</summary>
    public static CertificateRecord? TryRead(DbDataReader row) => DamagedRows.ReadOrLeaveOut(
        "certificates", () => Read(row), () => row.GetValue(0) is byte[] serial ? Convert.ToHexString(serial) : "?");

    public static StoredCertificate ReadStored(DbDataReader row) =>
        new(Read(row), row.IsDBNull(Count) ? default : Octets(row, Count));

    public static CertificateRecord? Find(Transaction transaction, SerialNumber serialNumber)
    {
        using var row = transaction.Sql(BySerial).With("serial", serialNumber.ToOctets()).Query();
        return row.Read() ? Read(row) : null;
    }

    /// <summary>As <see cref="FindAsync"/>, for those who read many: null for a row that is damaged as well.</summary>
    public static async ValueTask<CertificateRecord?> TryFindAsync(Session session, SerialNumber serial, CancellationToken ct)
    {
        await using var row = await session.Sql(BySerial).With("serial", serial.ToOctets()).QueryAsync(ct);
        return await row.ReadAsync(ct) ? TryRead(row) : null;
    }

    public static async ValueTask<CertificateRecord?> FindAsync(
        Session session, SerialNumber serial, CancellationToken ct)
    {
        await using var row = await session.Sql(BySerial).With("serial", serial.ToOctets()).QueryAsync(ct);
        return await row.ReadAsync(ct) ? Read(row) : null;
    }

    public static StoredCertificate? FindStored(Transaction transaction, SerialNumber serialNumber)
    {
        using var row = transaction.Sql(BySerialWithDer).With("serial", serialNumber.ToOctets()).Query();
        return row.Read() ? ReadStored(row) : null;
    }

    public static async ValueTask<StoredCertificate?> FindStoredAsync(
        Session session, SerialNumber serial, CancellationToken ct)
    {
        await using var row = await session.Sql(BySerialWithDer).With("serial", serial.ToOctets()).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ReadStored(row) : null;
    }

    private static byte[] Octets(DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    private static DateTimeOffset Time(DbDataReader row, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
