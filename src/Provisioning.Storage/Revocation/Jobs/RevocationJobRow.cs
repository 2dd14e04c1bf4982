using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <summary>A row of <c>revocation_jobs</c>: the job, and how far it is.</summary>
internal sealed record RevocationJobRow(
    RevocationJob Job, long Number, bool IsSweeping, long CursorAt, byte[] CursorSerial, long Position, string? Worker, long LeaseUntil)
{
    /// <summary>What <see cref="Read"/> expects, in its order, of a table or alias <c>j</c>.</summary>
    public const string Columns = """
        j.id, j.number, j.kind, j.reason, j.definition, j.state, j.previewed, j.certificates, j.done, j.failed, j.phase,
        j.cursor_at, j.cursor_serial, j.cursor_position, j.created_at, j.created_by, j.approved_at, j.approved_by,
        j.until_at, j.ended_at, j.stopped_by, j.lease_owner, j.lease_until
        """;

    /// <summary>A job.</summary>
    public const string ById = $"SELECT {Columns} FROM revocation_jobs j WHERE j.id = @id";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>What was reserved before this is what the job concerns.</summary>
    public DateTimeOffset Until => Job.StartedAt ?? Job.CreatedAt;

    /// <summary>Reads the row that was asked for.</summary>
    /// <exception cref="DamagedRecordException">It is damaged, which is counted and told.</exception>
    public static RevocationJobRow Read(DbDataReader row) => TryRead(row)
        ?? throw new DamagedRecordException($"What is on record of the revocation job {row.GetValue(0)} is damaged. It changes nothing, and it can be stopped.");

    private static RevocationJobRow ReadSound(DbDataReader row) => new(
        new RevocationJob
        {
            Id = row.GetString(0),
            Order = ReadOrder(row),
            State = Words.ToRevocationJobState(row.GetString(5)),
            Previewed = row.GetInt64(6),
            Certificates = row.GetInt64(7),
            Done = row.GetInt64(8),
            Failed = row.GetInt64(9),
            CreatedAt = Time(row, 14)!.Value,
            CreatedBy = row.GetString(15),
            ApprovedAt = Time(row, 16),
            ApprovedBy = row.IsDBNull(17) ? null : row.GetString(17),
            StartedAt = Time(row, 18),
            EndedAt = Time(row, 19),
            StoppedBy = row.IsDBNull(20) ? null : row.GetString(20),
        },
        row.GetInt64(1),
        row.GetString(10) == "sweep",
        row.IsDBNull(11) ? long.MinValue : row.GetInt64(11),
        row.IsDBNull(12) ? [] : row.GetFieldValue<byte[]>(12),
        row.GetInt64(13),
        row.IsDBNull(21) ? null : row.GetString(21),
        row.IsDBNull(22) ? 0 : row.GetInt64(22));

    public static RevocationJobRow? Find(Transaction transaction, string id)
    {
        using var row = transaction.Sql(ById).With("id", id).Query();
        return row.Read() ? Read(row) : null;
    }

    public static async ValueTask<RevocationJobRow?> FindAsync(Session session, string id, CancellationToken ct)
    {
        await using var row = await session.Sql(ById).With("id", id).QueryAsync(ct);
        return await row.ReadAsync(ct) ? Read(row) : null;
    }

    /// <summary>Reads a job that nobody works on any more, as far as it can be read.</summary>
    public static RevocationJob ReadOver(DbDataReader row) => TryRead(row)?.Job ?? new RevocationJob
    {
        Id = row.GetString(0),
        Order = new RevocationOrder(
            row.GetString(2) == Words.Of(RevocationJobKind.Release) ? RevocationJobKind.Release : RevocationJobKind.Revoke,
            !row.IsDBNull(3) && Enum.IsDefined((RevocationReason)row.GetInt64(3)) ? (RevocationReason)row.GetInt64(3) : null,
            new RevocationFilter()),
        IsDamaged = true,
        State = row.GetString(5) == Words.Of(RevocationJobState.Finished) ? RevocationJobState.Finished : RevocationJobState.Stopped,
        Previewed = row.GetInt64(6),
        Certificates = row.GetInt64(7),
        Done = row.GetInt64(8),
        Failed = row.GetInt64(9),
        CreatedAt = TryTime(row, 14) ?? DateTimeOffset.UnixEpoch,
        CreatedBy = row.GetString(15),
        ApprovedAt = TryTime(row, 16),
        ApprovedBy = row.IsDBNull(17) ? null : row.GetString(17),
        StartedAt = TryTime(row, 18),
        EndedAt = TryTime(row, 19),
        StoppedBy = row.IsDBNull(20) ? null : row.GetString(20),
    };

    /// <summary>As <see cref="Read"/>, for those who read many: null for a row that is damaged.</summary>
    public static RevocationJobRow? TryRead(DbDataReader row) =>
        DamagedRows.ReadOrLeaveOut("revocation_jobs", () => ReadSound(row), () => row.GetValue(0).ToString() ?? "?");

    // Without any condition it would be all devices there are.
    private static RevocationOrder ReadOrder(DbDataReader row)
    {
        var order = new RevocationOrder(
            Words.ToRevocationJobKind(row.GetString(2)), row.IsDBNull(3) ? null : (RevocationReason)row.GetInt64(3), ToFilter(row.GetString(4)));
        var isSound = order.Kind == RevocationJobKind.Release
            ? order.Reason is null && order.Filter.Job is not null
            : order.Reason is { } reason && Enum.IsDefined(reason) && order.Filter != new RevocationFilter();
        return isSound ? order : throw new InvalidDataException("An order without a reason or a condition.");
    }

    public static string ToText(RevocationFilter filter) => JsonSerializer.Serialize(filter, Json);

    public static RevocationFilter ToFilter(string text) => JsonSerializer.Deserialize<RevocationFilter>(text, Json) ?? throw new InvalidDataException("No filter.");

    private static DateTimeOffset? TryTime(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : DamagedRows.TryReadTime(row.GetInt64(column));

    private static DateTimeOffset? Time(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
