using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Storage.Audit;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Devices;

/// <inheritdoc/>
internal sealed class DeviceStore(Readers readers) : IDeviceStore
{
    // IDs are ASCII below this one, so it ends every range of IDs with a common start.
    private const char AfterAll = '\u007F';

    public ValueTask<Device?> FindDeviceAsync(DeviceId id, CancellationToken ct) =>
        readers.ReadAsync(AdmissionStore.FindDeviceAsync, id, ct);

    public async Task<Page<Device>> ListDevicesAsync(DeviceQuery query, CancellationToken ct) =>
        await readers.ReadAsync(ReadPageAsync, query, ct);

    public async Task<Page<AuditEntry>> HistoryAsync(DeviceId id, int limit, Cursor? cursor, CancellationToken ct) =>
        await readers.ReadAsync(ReadHistoryAsync, (id, limit, cursor), ct);

    public async IAsyncEnumerable<GroupMember> StreamGroupAsync(string group, [EnumeratorCancellation] CancellationToken ct)
    {
        // A row for each slot in use, and one for a device without any.
        const string sql = """
            SELECT d.device_id, d.attributes, c.slot FROM devices d
            LEFT JOIN certificates c
                ON c.holder = d.device_id AND c.holder_kind = 'device' AND c.state IN ('current', 'reserved', 'issued', 'held')
            WHERE d.group_name = @group ORDER BY d.device_id
            """;
        GroupMember? last = null;
        var rows = readers.StreamAsync(session => session.Sql(sql).With("group", group), ReadMember, ct);
        await foreach (var row in rows)
        {
            if (last is { } before && before.Id == row.Id)
            {
                last = before with { Slots = [.. before.Slots.Union(row.Slots)] };
                continue;
            }

            if (last is { } whole) yield return whole;
            last = row;
        }

        if (last is { } end) yield return end;
    }

    private static GroupMember ReadMember(DbDataReader row) => new(
        DeviceRow.IdOf(row.GetString(0)), DeviceRow.AttributesOf(row, 1), row.IsDBNull(2) ? [] : [row.GetString(2)]);

    private static async ValueTask<Page<Device>> ReadPageAsync(Session session, DeviceQuery query, CancellationToken ct)
    {
        var conditions = new List<string>();
        if (query.Prefix is not null) conditions.Add("d.device_id >= @Prefix AND d.device_id < @PrefixEnd");
        if (query.State is not null) conditions.Add("d.state = @State");
        if (query.Group is not null) conditions.Add("d.group_name = @Group");
        if (query.Lot is not null) conditions.Add("d.lot = @Lot");
        if (query.Cursor is not null) conditions.Add("d.device_id > @After");
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        var sql = $"SELECT {DeviceRow.Columns} FROM devices d {where} ORDER BY d.device_id LIMIT @Limit";
        var parameters = new
        {
            query.Prefix,
            PrefixEnd = query.Prefix + AfterAll,
            State = query.State is { } state ? Words.Of(state) : null,
            query.Group,
            query.Lot,
            After = query.Cursor?.Text,
            Limit = query.Limit + 1,
        };
        var command = new CommandDefinition(sql, parameters, cancellationToken: ct);
        await using var row = await session.Connection.ExecuteReaderAsync(command);
        var items = new List<Device>();
        while (await row.ReadAsync(ct)) items.Add(DeviceRow.Read(row));
        return Paging.ToPage(items, query.Limit, last => new Cursor(0, last.Id.Value));
    }

    private static async ValueTask<Page<AuditEntry>> ReadHistoryAsync(
        Session session, (DeviceId Id, int Limit, Cursor? Cursor) of, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {AuditRow.Columns} FROM audit
            WHERE holder = @Holder AND holder_kind = 'device' AND sequence < @Before
            ORDER BY sequence DESC LIMIT @Limit
            """;
        var parameters = new
        {
            Holder = of.Id.Value,
            Before = of.Cursor?.Number ?? long.MaxValue,
            Limit = of.Limit + 1,
        };
        var command = new CommandDefinition(sql, parameters, cancellationToken: ct);
        await using var row = await session.Connection.ExecuteReaderAsync(command);
        var entries = new List<AuditEntry>();
        while (await row.ReadAsync(ct)) entries.Add(AuditRow.Read(row));
        return Paging.ToPage(entries, of.Limit, last => new Cursor(last.Sequence, ""));
    }
}
