using System.Text.Json;
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
    private const string Columns = """
        device_id AS DeviceId, state AS State, attributes AS Attributes, created_at AS CreatedAt,
        updated_at AS UpdatedAt
        """;

    // IDs are ASCII below this one, so it ends every range of IDs with a common start.
    private const char AfterAll = '\u007F';

    public ValueTask<Device?> FindDeviceAsync(DeviceId id, CancellationToken ct) =>
        readers.ReadAsync(ReadAsync, id, ct);

    public async Task<Page<Device>> ListDevicesAsync(DeviceQuery query, CancellationToken ct) =>
        await readers.ReadAsync(ReadPageAsync, query, ct);

    public async Task<Page<AuditEntry>> HistoryAsync(DeviceId id, int limit, Cursor? cursor, CancellationToken ct) =>
        await readers.ReadAsync(ReadHistoryAsync, (id, limit, cursor), ct);

    private static async ValueTask<Device?> ReadAsync(Session session, DeviceId id, CancellationToken ct)
    {
        const string sql = $"SELECT {Columns} FROM devices WHERE device_id = @Id";
        var command = new CommandDefinition(sql, new { Id = id.Value }, cancellationToken: ct);
        return (await session.Connection.QuerySingleOrDefaultAsync<Row>(command))?.ToDevice();
    }

    private static async ValueTask<Page<Device>> ReadPageAsync(Session session, DeviceQuery query, CancellationToken ct)
    {
        var conditions = new List<string>();
        if (query.Prefix is not null) conditions.Add("device_id >= @Prefix AND device_id < @PrefixEnd");
        if (query.State is not null) conditions.Add("state = @State");
        if (query.Cursor is not null) conditions.Add("device_id > @After");
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        var sql = $"SELECT {Columns} FROM devices {where} ORDER BY device_id LIMIT @Limit";
        var parameters = new
        {
            query.Prefix,
            PrefixEnd = query.Prefix + AfterAll,
            State = query.State is { } state ? Words.Of(state) : null,
            After = query.Cursor?.Text,
            Limit = query.Limit + 1,
        };
        var command = new CommandDefinition(sql, parameters, cancellationToken: ct);
        var rows = await session.Connection.QueryAsync<Row>(command);
        return Paging.ToPage(
            rows.Select(row => row.ToDevice()).ToList(), query.Limit, last => new Cursor(0, last.Id.Value));
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

    private sealed record Row(string DeviceId, string State, string? Attributes, long CreatedAt, long UpdatedAt)
    {
        public Device ToDevice() => new()
        {
            Id = Core.Devices.DeviceId.TryParse(DeviceId, out var id)
                ? id
                : throw new InvalidDataException($"'{DeviceId}' is not the ID of a device."),
            State = Words.ToDeviceState(State),
            Attributes = Attributes is null ? [] : JsonSerializer.Deserialize<Dictionary<string, string>>(Attributes)!,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
        };
    }
}
