using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Lots;

/// <inheritdoc/>
internal sealed class LotStore(Writer writer, Readers readers) : ILotStore
{
    // Both counts are read from an index alone.
    private const string Status = $"""
        SELECT {LotRow.Columns},
            (SELECT COUNT(*) FROM devices d WHERE d.lot = l.name AND d.seen_at IS NOT NULL)
            - (SELECT COUNT(*) FROM lot_units u JOIN devices d ON d.device_id = u.device_id
                WHERE u.lot = l.name AND u.scrapped_at IS NOT NULL AND d.seen_at IS NOT NULL)
        FROM lots l
        """;

    // Where a page has no filter, what is compared with is true for every row. Newest first.
    private const string Listing = $"""
        {Status} WHERE (l.created_at < @created_at OR (l.created_at = @created_at AND l.name > @after))
            AND (@group IS NULL OR l.group_name = @group)
            AND (@state IS NULL
                OR (@state = 'closed' AND l.closed_at IS NOT NULL)
                OR (@state = 'planned' AND l.closed_at IS NULL AND l.opens_at > @at)
                OR (@state = 'open' AND l.closed_at IS NULL AND l.opens_at <= @at AND l.closes_at > @at)
                OR (@state = 'passed' AND l.closed_at IS NULL AND l.opens_at <= @at AND l.closes_at <= @at))
        ORDER BY l.created_at DESC, l.name LIMIT @limit
        """;

    // A device counts as seen until the lot was closed. What is listed and was not made comes from the list.
    private const string Units = """
        SELECT d.device_id, d.lot,
            CASE WHEN d.seen_at IS NOT NULL AND d.seen_at <= COALESCE(l.closed_at, d.seen_at) THEN 1 ELSE 0 END,
            CASE WHEN u.scrapped_at IS NOT NULL THEN 1 ELSE 0 END,
            CASE WHEN d.state = 'registered' AND EXISTS (SELECT 1 FROM certificates c
                WHERE c.holder = d.device_id AND c.holder_kind = 'device' AND c.state = 'reserved' AND c.lot = d.lot) THEN 1 ELSE 0 END
        FROM devices d JOIN lots l ON l.name = d.lot LEFT JOIN lot_units u ON u.lot = d.lot AND u.device_id = d.device_id
        WHERE d.lot = @lot
        UNION ALL
        SELECT u.device_id, NULL, 0, 0, 0 FROM lot_units u
        WHERE u.lot = @lot AND u.is_listed = 1
            AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.device_id = u.device_id AND d.lot = @lot)
        ORDER BY 1
        """;

    public Task<Outcome<Lot>> OpenLotAsync(
        string name, LotDefinition definition, IReadOnlyList<string> units, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new LotOperations(transaction, name, actor, at).Open(definition, units), ct);

    public Task<Outcome<Lot>> ChangeLotAsync(
        string name, Func<Lot, Outcome<LotDefinition>> change, long? revision, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new LotOperations(transaction, name, actor, at).Change(change, revision), ct);

    public Task<Outcome<Lot>> ListUnitsAsync(string name, IReadOnlyList<string> units, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new LotOperations(transaction, name, actor, at).List(units), ct);

    public Task<Outcome<ScrappedUnit>> ScrapAsync(
        string name, DeviceId unit, string? reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new ScrapOperation(transaction, name, unit, actor, at).Run(reason), ct);

    public Task<Outcome<Lot>> CloseLotAsync(string name, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new LotOperations(transaction, name, actor, at).Close(), ct);

    public Task<string> KeepReportAsync(string name, string report, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new LotOperations(transaction, name, "service", at).KeepReport(report), ct, wasLetIn: true);

    public ValueTask<LotStatus?> FindLotAsync(string name, CancellationToken ct) => readers.ReadAsync(FindAsync, name, ct);

    public async Task<Page<LotStatus>> ListLotsAsync(LotQuery query, CancellationToken ct) => await readers.ReadAsync(ListAsync, query, ct);

    public IAsyncEnumerable<LotUnit> StreamUnitsAsync(string name, CancellationToken ct) =>
        readers.StreamAsync(session => session.Sql(Units).With("lot", name), ReadUnit, ct);

    public ValueTask<string?> FindReportAsync(string name, CancellationToken ct) => readers.ReadAsync(FindReportAsync, name, ct);

    public async Task<IReadOnlyList<string>> ListUnreportedAsync(CancellationToken ct)
    {
        const string sql = "SELECT name FROM lots WHERE closed_at IS NOT NULL AND report IS NULL ORDER BY name";
        var names = new List<string>();
        await foreach (var name in readers.StreamAsync(session => session.Sql(sql), row => row.GetString(0), ct)) names.Add(name);
        return names;
    }

    private static LotUnit ReadUnit(DbDataReader row)
    {
        var state = row.IsDBNull(1) ? LotUnitState.NotIssued
            : row.GetInt64(3) == 1 ? LotUnitState.Scrapped
            : row.GetInt64(2) == 1 ? LotUnitState.Activated
            : LotUnitState.Unaccounted;
        return new LotUnit(row.GetString(0), state, row.GetInt64(4) == 1);
    }

    private static LotStatus ReadStatus(DbDataReader row) => new(LotRow.Read(row), row.GetInt64(LotRow.Count));

    private static async ValueTask<LotStatus?> FindAsync(Session session, string name, CancellationToken ct)
    {
        const string sql = $"{Status} WHERE l.name = @name";
        await using var row = await session.Sql(sql).With("name", name).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ReadStatus(row) : null;
    }

    private static async ValueTask<Page<LotStatus>> ListAsync(Session session, LotQuery query, CancellationToken ct)
    {
        await using var row = await session.Sql(Listing)
            .With("created_at", query.Cursor?.Number ?? long.MaxValue)
            .With("after", query.Cursor?.Text ?? "")
            .With("group", query.Group)
            .With("state", query.State is { } state ? Words.Of(state) : null)
            .With("at", query.At)
            .With("limit", query.Limit + 1)
            .QueryAsync(ct);
        var items = new List<LotStatus>();
        while (await row.ReadAsync(ct)) items.Add(ReadStatus(row));
        return Paging.ToPage(items, query.Limit, last => new Cursor(last.Lot.CreatedAt.ToUnixTimeMilliseconds(), last.Lot.Name));
    }

    private static async ValueTask<string?> FindReportAsync(Session session, string name, CancellationToken ct)
    {
        const string sql = "SELECT report FROM lots WHERE name = @name AND report IS NOT NULL";
        await using var row = await session.Sql(sql).With("name", name).QueryAsync(ct);
        return await row.ReadAsync(ct) ? row.GetString(0) : null;
    }
}
