using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Groups;
using Provisioning.Storage.Devices;

namespace Provisioning.Storage.Credentials;

/// <summary>How a row of <c>tokens</c> is read.</summary>
internal static class TokenRow
{
    /// <summary>What <see cref="Read"/> expects, in its order.</summary>
    public const string Columns = """
        id, group_name, lot, device_id, device_id_pattern, key_thumbprint, uses, used, expires_at, created_at, created_by,
        revoked_at, note
        """;

    private const int Count = 13;

    public static EnrollmentToken Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        Group = row.GetString(1),
        Lot = Text(row, 2),
        DeviceId = row.IsDBNull(3) ? null : DeviceRow.IdOf(row.GetString(3)),
        DeviceIdPattern = row.IsDBNull(4) ? null : IdPattern.OnRecord(row.GetString(4)),
        KeyThumbprint = row.IsDBNull(5) ? null : Digest.FromOctets(row.GetFieldValue<byte[]>(5)),
        Uses = row.GetInt64(6),
        Used = row.GetInt64(7),
        ExpiresAt = Time(row, 8),
        CreatedAt = Time(row, 9),
        CreatedBy = row.GetString(10),
        RevokedAt = row.IsDBNull(11) ? null : Time(row, 11),
        Note = Text(row, 12),
    };

    /// <summary>Reads a row that goes on with the hash of the token's text.</summary>
    public static (EnrollmentToken Token, Digest Hash) ReadWithHash(DbDataReader row) =>
        (Read(row), Digest.FromOctets(row.GetFieldValue<byte[]>(Count)));

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
