using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <summary>Counts what an order concerns, for its preview.</summary>
internal static class RevocationCounting
{
    private const int RangeLength = 20_000;

    public static async ValueTask<RevocationCount> CountAsync(Session session, (RevocationOrder Order, DateTimeOffset At) of, CancellationToken ct)
    {
        var (order, at) = of;
        return order.Filter.Devices is null && order.Filter.SerialNumbers is null
            ? await CountAllAsync(session, order, at, ct)
            : await CountListedAsync(session, order, at, ct);
    }

    // Range by range: a statement over all rows of a large registry takes longer than a statement may.
    private static async Task<RevocationCount> CountAllAsync(Session session, RevocationOrder order, DateTimeOffset at, CancellationToken ct)
    {
        var held = order.Filter.Job is { } job ? (await RevocationJobRow.FindAsync(session, job, ct))?.Number : null;
        var groups = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var samples = new List<CertificateRecord>();
        (long At, byte[] Serial)? place = (long.MinValue, []);
        while (place is { } from)
        {
            place = await FindEndAsync(session, order, at, held, from, ct);
            var range = (from, To: place ?? (long.MaxValue, []));
            if (!await AddGroupsAsync(session, order, at, held, range, groups, ct) || samples.Count == RevocationCount.MaxSamples) continue;
            await using var row = await BindRange(session.Sql(RevocationSelection.Of(order).Samples), order, at, held, range)
                .With("limit", RevocationCount.MaxSamples - samples.Count)
                .QueryAsync(ct);
            while (await row.ReadAsync(ct))
                if (CertificateRow.TryRead(row) is { } one) samples.Add(one);
        }

        return new RevocationCount(groups.Values.Sum(), [.. groups.Take(RevocationCount.MaxGroups)], samples);
    }

    private static async Task<(long At, byte[] Serial)?> FindEndAsync(
        Session session, RevocationOrder order, DateTimeOffset at, long? held, (long At, byte[] Serial) from, CancellationToken ct)
    {
        var statement = RevocationSelection.Bind(session.Sql(RevocationSelection.Of(order).EndOfRange), order.Filter, at, at, held, from.At);
        await using var end = await statement
            .With("cursor_at", from.At)
            .With("cursor_serial", from.Serial)
            .With("offset", RangeLength - 1)
            .QueryAsync(ct);
        return await end.ReadAsync(ct) ? (end.GetInt64(0), await end.GetFieldValueAsync<byte[]>(1, ct)) : null;
    }

    // True when there were any.
    private static async Task<bool> AddGroupsAsync(
        Session session, RevocationOrder order, DateTimeOffset at, long? held, ((long, byte[]), (long, byte[])) range,
        SortedDictionary<string, long> groups, CancellationToken ct)
    {
        var any = false;
        await using var row = await BindRange(session.Sql(RevocationSelection.Of(order).Groups), order, at, held, range).QueryAsync(ct);
        while (await row.ReadAsync(ct))
        {
            groups[row.GetString(0)] = groups.GetValueOrDefault(row.GetString(0)) + row.GetInt64(1);
            any = true;
        }

        return any;
    }

    private static Statement BindRange(
        Statement statement, RevocationOrder order, DateTimeOffset at, long? held, ((long At, byte[] Serial) From, (long At, byte[] Serial) To) range) =>
        RevocationSelection.Bind(statement, order.Filter, at, at, held, range.From.At, range.To.At == long.MaxValue ? range.To.At : range.To.At + 1)
            .With("cursor_at", range.From.At)
            .With("cursor_serial", range.From.Serial)
            .With("to_at", range.To.At)
            .With("to_serial", range.To.Serial);

    private static async Task<RevocationCount> CountListedAsync(Session session, RevocationOrder order, DateTimeOffset at, CancellationToken ct)
    {
        var groups = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var samples = new List<CertificateRecord>();
        var entries = (order.Filter.SerialNumbers ?? order.Filter.Devices)!.Count;
        for (var i = 0; i < entries; i++)
        {
            foreach (var one in (await RevocationPart.ReadListedAsync(session, order, i, at, at, ct)).Found)
            {
                groups[one.Group ?? ""] = groups.GetValueOrDefault(one.Group ?? "") + 1;
                if (samples.Count < RevocationCount.MaxSamples) samples.Add(one);
            }
        }

        return new RevocationCount(groups.Values.Sum(), [.. groups.Take(RevocationCount.MaxGroups)], samples);
    }
}
