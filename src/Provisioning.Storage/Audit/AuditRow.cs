using System.Data.Common;
using System.Globalization;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Audit;

/// <summary>How a row of <c>audit</c> is read.</summary>
internal static class AuditRow
{
    public const string Columns = "sequence, at, actor, action, holder_kind, holder, serial, detail, hash";

    /// <summary>As <see cref="Read"/>, for those who must get past a row that is damaged: null for that.</summary>
    public static AuditEntry? TryRead(DbDataReader row) =>
        DamagedRows.ReadOrLeaveOut("audit", () => Read(row), () => row.GetInt64(0).ToString(CultureInfo.InvariantCulture));

    public static AuditEntry Read(DbDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        At = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
        Actor = row.GetString(2),
        Action = row.GetString(3),
        HolderKind = row.IsDBNull(4) ? null : Words.ToHolderKind(row.GetString(4)),
        Holder = row.IsDBNull(5) ? null : row.GetString(5),
        SerialNumber = row.IsDBNull(6) ? null : row.GetString(6),
        Detail = row.IsDBNull(7) ? null : row.GetString(7),
        Hash = Digest.FromOctets(row.GetFieldValue<byte[]>(8)),
    };
}
