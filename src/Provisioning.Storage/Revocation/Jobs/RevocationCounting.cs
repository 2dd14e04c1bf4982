using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <summary>Counts what an order concerns, for its preview.</summary>
internal static class RevocationCounting
{
    public static async ValueTask<RevocationCount> CountAsync(Session session, (RevocationOrder Order, DateTimeOffset At) of, CancellationToken ct)
    {
        var (order, at) = of;
        return order.Filter.Devices is null && order.Filter.SerialNumbers is null
            ? await CountAllAsync(session, order, at, ct)
            : await CountListedAsync(session, order, at, ct);
    }

    private static async Task<RevocationCount> CountAllAsync(Session session, RevocationOrder order, DateTimeOffset at, CancellationToken ct)
    {
        var selection = RevocationSelection.Of(order);
        var held = order.Filter.Job is { } job ? (await RevocationJobRow.FindAsync(session, job, ct))?.Number : null;
        var groups = new List<KeyValuePair<string, long>>();
        await using (var row = await RevocationSelection.Bind(session.Sql(selection.Groups), order.Filter, at, at, held).QueryAsync(ct))
            while (await row.ReadAsync(ct)) groups.Add(new(row.GetString(0), row.GetInt64(1)));

        var samples = new List<CertificateRecord>();
        var some = RevocationSelection.Bind(session.Sql(selection.Some), order.Filter, at, at, held)
            .With("cursor_at", long.MinValue)
            .With("cursor_serial", [])
            .With("limit", RevocationCount.MaxSamples);
        await using (var row = await some.QueryAsync(ct))
            while (await row.ReadAsync(ct)) samples.Add(CertificateRow.Read(row));
        return new RevocationCount(groups.Sum(group => group.Value), [.. groups.Take(RevocationCount.MaxGroups)], samples);
    }

    private static async Task<RevocationCount> CountListedAsync(Session session, RevocationOrder order, DateTimeOffset at, CancellationToken ct)
    {
        var groups = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var samples = new List<CertificateRecord>();
        var entries = (order.Filter.SerialNumbers ?? order.Filter.Devices)!.Count;
        for (var i = 0; i < entries; i++)
        {
            foreach (var one in await RevocationPart.ReadListedAsync(session, order, i, at, at, ct))
            {
                groups[one.Group ?? ""] = groups.GetValueOrDefault(one.Group ?? "") + 1;
                if (samples.Count < RevocationCount.MaxSamples) samples.Add(one);
            }
        }

        return new RevocationCount(groups.Values.Sum(), [.. groups.Take(RevocationCount.MaxGroups)], samples);
    }
}
