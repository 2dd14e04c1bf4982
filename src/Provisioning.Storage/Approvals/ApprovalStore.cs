using System.Data.Common;
using Dapper;
using Provisioning.Core.Approvals;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Devices;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Approvals;

/// <inheritdoc/>
internal sealed class ApprovalStore(Writer writer, Readers readers) : IApprovalStore
{
    private const int OldestPerDevice = 4;
    private const int NewestPerDevice = 4;
    private const int PendingPerRequester = 10_000;

    private const string Columns = """
        a.id, a.state, a.device_id, a.group_name, a.group_version, a.slot, a.lot, a.requester, a.request_hash,
        a.key_thumbprint, a.request, a.attributes, a.requested_at, a.expires_at, a.decided_at, a.decided_by, a.reason, a.key_is_made, a.replaces
        """;

    private const string ById = $"SELECT {Columns} FROM approvals a WHERE a.id = @id";

    // An expired one is as good as none. One that is used up is, too, whatever the clock said when the next one was asked for.
    private const string ByRequest = $"""
        SELECT {Columns} FROM approvals a
        WHERE a.requester = @requester AND a.request_hash = @hash AND a.expires_at > @now
        ORDER BY a.state = 'used', a.requested_at DESC LIMIT 1
        """;

    public ValueTask<ApprovalRequest?> FindApprovalAsync(string id, CancellationToken ct) => readers.ReadAsync(
        static async (session, id, ct) =>
        {
            await using var row = await session.Sql(ById).With("id", id).QueryAsync(ct);
            return await row.ReadAsync(ct) ? Read(row) : null;
        },
        id,
        ct);

    public ValueTask<ApprovalRequest?> FindApprovalAsync(
        string requester, Digest requestHash, DateTimeOffset now, CancellationToken ct) => readers.ReadAsync(
        static async (session, of, ct) =>
        {
            await using var row = await session.Sql(ByRequest)
                .With("requester", of.requester)
                .With("hash", of.requestHash.ToOctets())
                .With("now", of.now)
                .QueryAsync(ct);
            return await row.ReadAsync(ct) ? Read(row) : null;
        },
        (requester, requestHash, now),
        ct);

    public Task<Outcome<ApprovalRequest>> AddApprovalAsync(ApprovalRequest request, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, request), ct);

    public Task<Outcome<ApprovalRequest>> DecideAsync(
        string id, bool approve, string? reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Decide(transaction, id, approve, reason, actor, at), ct);

    public async Task<Page<ApprovalRequest>> ListApprovalsAsync(ApprovalQuery query, CancellationToken ct) =>
        await readers.ReadAsync(ReadPageAsync, query, ct);

    public Task<int> ForgetApprovalsAsync(DateTimeOffset expiredBefore, int limit, CancellationToken ct) => writer.RunAsync(
        transaction =>
        {
            const string sql = """
                DELETE FROM approvals WHERE id IN
                    (SELECT id FROM approvals WHERE expires_at < @before ORDER BY expires_at LIMIT @limit)
                """;
            return transaction.Sql(sql).With("before", expiredBefore).With("limit", limit).Execute();
        },
        ct);

    private static Outcome<ApprovalRequest> Add(Transaction transaction, ApprovalRequest request)
    {
        using (var row = transaction.Sql(ByRequest)
            .With("requester", request.Requester)
            .With("hash", request.RequestHash.ToOctets())
            .With("now", request.RequestedAt)
            .Query())
        {
            if (row.Read() && Read(row) is { State: ApprovalState.Pending or ApprovalState.Approved } known) return known;
        }

        var replaced = ReadReplaced(transaction, request);
        if (replaced.Count == 0 && CountWaiting(transaction, request) >= PendingPerRequester)
        {
            return new Refusal(RefusalCode.TooManyPending, "Too many requests of this caller wait for an administrator already.")
            {
                RetryAfter = TimeSpan.FromMinutes(10),
            };
        }

        foreach (var id in replaced) transaction.Sql("DELETE FROM approvals WHERE id = @id").With("id", id).Execute();
        Insert(transaction, request);
        return request;
    }

    // A device that makes a new request each time it asks has one in the queue: of the same caller, the newest for a key stays. And of
    // one caller the oldest and the newest few for a device stay. Others with the same credential cannot keep the device out: whoever
    // came first stays, and whoever asks again is among the newest.
    private static List<string> ReadReplaced(Transaction transaction, ApprovalRequest request)
    {
        const string sql = """
            SELECT id, key_thumbprint, slot, key_is_made FROM approvals
            WHERE device_id = @device_id AND requester = @requester AND state = 'pending' AND expires_at > @now
            ORDER BY requested_at DESC, id DESC
            """;
        using var row = transaction.Sql(sql)
            .With("device_id", request.DeviceId)
            .With("requester", request.Requester)
            .With("now", request.RequestedAt)
            .Query();
        var (replaced, others) = (new List<string>(), new List<string>());
        while (row.Read())
        {
            var isSame = Digest.FromOctets(row.GetFieldValue<byte[]>(1)) == request.KeyThumbprint && row.GetString(2) == request.Slot
                && row.GetInt64(3) != 0 == request.KeyIsMade;
            (isSame ? replaced : others).Add(row.GetString(0));
        }

        // The one that is added is the newest.
        return [.. replaced, .. others.Skip(NewestPerDevice - 1).SkipLast(OldestPerDevice)];
    }

    private static long CountWaiting(Transaction transaction, ApprovalRequest request)
    {
        const string sql = """
            SELECT COUNT(*) FROM (SELECT 1 FROM approvals
                WHERE requester = @requester AND state = 'pending' AND expires_at > @now LIMIT @limit) AS t
            """;
        using var row = transaction.Sql(sql)
            .With("requester", request.Requester)
            .With("now", request.RequestedAt)
            .With("limit", PendingPerRequester)
            .Query();
        row.Read();
        return row.GetInt64(0);
    }

    private static void Insert(Transaction transaction, ApprovalRequest request)
    {
        const string sql = """
            INSERT INTO approvals (id, state, device_id, group_name, group_version, slot, lot, requester, request_hash,
                key_thumbprint, request, attributes, requested_at, expires_at, key_is_made, replaces)
            VALUES (@id, 'pending', @device_id, @group, @group_version, @slot, @lot, @requester, @hash, @key, @request,
                @attributes, @at, @expires_at, @key_is_made, @replaces)
            """;
        transaction.Sql(sql)
            .With("id", request.Id)
            .With("device_id", request.DeviceId)
            .With("group", request.Group)
            .With("group_version", request.GroupVersion)
            .With("slot", request.Slot)
            .With("lot", request.Lot)
            .With("requester", request.Requester)
            .With("hash", request.RequestHash.ToOctets())
            .With("key", request.KeyThumbprint.ToOctets())
            .With("request", request.CertificationRequest.ToArray())
            .With("attributes", DeviceRow.ToText(request.Attributes))
            .With("at", request.RequestedAt)
            .With("expires_at", request.ExpiresAt)
            .With("key_is_made", request.KeyIsMade ? 1 : 0)
            .With("replaces", request.Replaces?.ToOctets())
            .Execute();
    }

    private static Outcome<ApprovalRequest> Decide(
        Transaction transaction, string id, bool approve, string? reason, string actor, DateTimeOffset at)
    {
        ApprovalRequest? known;
        using (var row = transaction.Sql(ById).With("id", id).Query()) known = row.Read() ? Read(row) : null;
        if (known is null) return new Refusal(RefusalCode.NotFound, "There is no such request.");
        var state = approve ? ApprovalState.Approved : ApprovalState.Denied;
        if (known.State == state) return known;
        // A wrong click is taken back; the other way round the device was told no already.
        var isOpen = known.State == ApprovalState.Pending || (known.State == ApprovalState.Approved && !approve);
        if (!isOpen)
            return new Refusal(RefusalCode.NotAllowed, $"The request is {Words.Of(known.State)} already.");
        if (known.ExpiresAt <= at) return new Refusal(RefusalCode.NotAllowed, "The request has expired. The device must ask again.");
        if (known.Requester == actor) return new Refusal(RefusalCode.NotAllowed, "Nobody approves a request of their own.");
        const string sql = """
            UPDATE approvals SET state = @state, decided_at = @at, decided_by = @actor, reason = @reason WHERE id = @id
            """;
        transaction.Sql(sql)
            .With("state", Words.Of(state))
            .With("at", at)
            .With("actor", actor)
            .With("reason", reason)
            .With("id", id)
            .Execute();
        transaction.Audit(
            approve ? AuditActions.EnrollmentApproved : AuditActions.EnrollmentDenied,
            actor, at, HolderKind.Device, known.DeviceId, null, $"{id} {known.RequestHash}");
        return known with { State = state, DecidedAt = at, DecidedBy = actor, Reason = reason };
    }

    private static async ValueTask<Page<ApprovalRequest>> ReadPageAsync(Session session, ApprovalQuery query, CancellationToken ct)
    {
        var conditions = new List<string>();

        // The queue has an index of its own, which wants the state as a constant. What has expired is not in it any more.
        if (query.State is ApprovalState.Pending) conditions.Add("a.state = 'pending' AND a.expires_at > @Now");
        else if (query.State is not null) conditions.Add("a.state = @State");
        if (query.Group is not null) conditions.Add("a.group_name = @Group");
        if (query.DeviceId is not null) conditions.Add("a.device_id = @DeviceId");
        if (query.Cursor is not null) conditions.Add("(a.requested_at, a.id) > (@At, @Id)");
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        var parameters = new
        {
            State = query.State is { } state ? Words.Of(state) : null,
            query.Group,
            query.DeviceId,
            Now = query.Now.ToUnixTimeMilliseconds(),
            At = query.Cursor?.Number,
            Id = query.Cursor?.Text,
            Limit = query.Limit + 1,
        };
        var sql = $"SELECT {Columns} FROM approvals a {where} ORDER BY a.requested_at, a.id LIMIT @Limit";
        await using var row = await session.Connection.ExecuteReaderAsync(new CommandDefinition(sql, parameters, cancellationToken: ct));
        var items = new List<ApprovalRequest>();
        while (await row.ReadAsync(ct)) items.Add(Read(row));
        return Paging.ToPage(items, query.Limit, last => new Cursor(last.RequestedAt.ToUnixTimeMilliseconds(), last.Id));
    }

    private static ApprovalRequest Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        State = Words.ToApprovalState(row.GetString(1)),
        DeviceId = row.GetString(2),
        Group = row.GetString(3),
        GroupVersion = row.GetInt64(4),
        Slot = row.GetString(5),
        Lot = row.IsDBNull(6) ? null : row.GetString(6),
        Requester = row.GetString(7),
        RequestHash = Digest.FromOctets(row.GetFieldValue<byte[]>(8)),
        KeyThumbprint = Digest.FromOctets(row.GetFieldValue<byte[]>(9)),
        CertificationRequest = row.GetFieldValue<byte[]>(10),
        Attributes = DeviceRow.AttributesOf(row, 11),
        RequestedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(12)),
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(13)),
        DecidedAt = row.IsDBNull(14) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(14)),
        DecidedBy = row.IsDBNull(15) ? null : row.GetString(15),
        Reason = row.IsDBNull(16) ? null : row.GetString(16),
        KeyIsMade = row.GetInt64(17) != 0,
        Replaces = !row.IsDBNull(18) && SerialNumber.TryFromOctets(row.GetFieldValue<byte[]>(18), out var replaced) ? replaced : null,
    };
}
