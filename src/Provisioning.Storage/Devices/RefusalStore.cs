using System.Data.Common;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Devices;

/// <inheritdoc/>
internal sealed class RefusalStore(Writer writer, Readers readers) : IRefusalStore
{
    public Task NoteRefusalsAsync(IReadOnlyList<RefusalRecord> refusals, CancellationToken ct) => writer.RunAsync(
        transaction =>
        {
            foreach (var refusal in refusals) Note(transaction, refusal);
            foreach (var requester in refusals.Select(refusal => refusal.Requester).Distinct())
            {
                ForgetOf(transaction, requester, isRegistered: true, IRefusalStore.CapacityOfRequester);
                ForgetOf(transaction, requester, isRegistered: false, IRefusalStore.CapacityOfStrangers);
            }

            return Forget(transaction);
        },
        ct);

    public async Task<IReadOnlyList<RefusalRecord>> ListRefusalsAsync(DeviceId id, int limit, CancellationToken ct) =>
        await readers.ReadAsync(ReadAsync, (id, limit), ct);

    private static void Note(Transaction transaction, RefusalRecord refusal)
    {
        const string sql = """
            INSERT INTO refusals (device_id, day, code, requester, detail, first_at, last_at, count, is_registered)
            VALUES (@device_id, @day, @code, @requester, @detail, @first_at, @last_at, @count,
                (SELECT COUNT(*) FROM devices WHERE device_id = @device_id))
            ON CONFLICT (device_id, day, code, requester) DO UPDATE
            SET detail = excluded.detail, last_at = excluded.last_at, count = refusals.count + excluded.count,
                is_registered = excluded.is_registered
            """;
        transaction.Sql(sql)
            .With("device_id", refusal.DeviceId.Value)
            .With("day", refusal.FirstAt.ToUnixTimeSeconds() / 86_400)
            .With("code", refusal.Code.ToString())
            .With("requester", refusal.Requester)
            .With("detail", refusal.Detail)
            .With("first_at", refusal.FirstAt)
            .With("last_at", refusal.LastAt)
            .With("count", refusal.Count)
            .Execute();
    }

    // One caller's share: who makes up devices pushes out what it made up before, and nothing else.
    private static void ForgetOf(Transaction transaction, string requester, bool isRegistered, int capacity)
    {
        const string sql = """
            DELETE FROM refusals WHERE requester = @requester AND is_registered = @is_registered AND last_at <
                (SELECT last_at FROM refusals WHERE requester = @requester AND is_registered = @is_registered
                    ORDER BY last_at DESC LIMIT 1 OFFSET @capacity)
            """;
        transaction.Sql(sql)
            .With("requester", requester)
            .With("is_registered", isRegistered ? 1 : 0)
            .With("capacity", capacity - 1)
            .Execute();
    }

    // Counting all rows at each write would cost more than the write: the oldest that may stay is found in the index of times.
    private static int Forget(Transaction transaction)
    {
        const string sql = """
            DELETE FROM refusals WHERE last_at <
                (SELECT last_at FROM refusals ORDER BY last_at DESC LIMIT 1 OFFSET @capacity)
            """;
        return transaction.Sql(sql).With("capacity", IRefusalStore.Capacity - 1).Execute();
    }

    private static async ValueTask<IReadOnlyList<RefusalRecord>> ReadAsync(
        Session session, (DeviceId Id, int Limit) of, CancellationToken ct)
    {
        const string sql = """
            SELECT device_id, code, requester, detail, first_at, last_at, count FROM refusals
            WHERE device_id = @device_id ORDER BY last_at DESC, day DESC, code, requester LIMIT @limit
            """;
        var all = new List<RefusalRecord>();
        await using var row = await session.Sql(sql).With("device_id", of.Id.Value).With("limit", of.Limit).QueryAsync(ct);
        while (await row.ReadAsync(ct)) all.Add(Read(row));
        return all;
    }

    private static RefusalRecord Read(DbDataReader row) => new()
    {
        DeviceId = DeviceRow.IdOf(row.GetString(0)),
        Code = Enum.Parse<RefusalCode>(row.GetString(1)),
        Requester = row.GetString(2),
        Detail = row.GetString(3),
        FirstAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
        LastAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
        Count = row.GetInt64(6),
    };
}
