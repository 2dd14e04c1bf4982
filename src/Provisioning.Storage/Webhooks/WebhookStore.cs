using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Webhooks;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Webhooks;

/// <inheritdoc/>
internal sealed class WebhookStore(Writer writer, Readers readers) : IWebhookStore
{
    public Task<Outcome<Webhook>> AddWebhookAsync(Webhook webhook, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Add(transaction, webhook), ct);

    public Task<Outcome<Webhook>> ChangeWebhookAsync(
        string id, WebhookDefinition definition, long? expected, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Change(transaction, id, definition, expected, actor, at), ct);

    public Task<Outcome<Webhook>> RotateSecretAsync(
        string id, DateTimeOffset previousUntil, long? expected, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Rotate(transaction, id, previousUntil, expected, actor, at), ct);

    public Task<Outcome<Webhook>> RemoveWebhookAsync(string id, long? expected, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Remove(transaction, id, expected, actor, at), ct);

    public ValueTask<Webhook?> FindWebhookAsync(string id, CancellationToken ct) => readers.ReadAsync(
        static async (session, id, ct) =>
        {
            await using var row = await session.Sql(WebhookRow.ById).With("id", id).QueryAsync(ct);
            return await row.ReadAsync(ct) ? WebhookRow.Read(row) : null;
        },
        id,
        ct);

    public async Task<IReadOnlyList<Webhook>> ListWebhooksAsync(CancellationToken ct) => await readers.ReadAsync(
        static async (session, _, ct) =>
        {
            var all = new List<Webhook>();
            await using var row = await session.Sql($"SELECT {WebhookRow.Columns} FROM webhooks ORDER BY created_at, id").QueryAsync(ct);
            while (await row.ReadAsync(ct))
                if (DamagedRows.ReadOrLeaveOut("webhooks", () => WebhookRow.Read(row), () => row.GetValue(0).ToString() ?? "?") is { } webhook) all.Add(webhook);
            return all;
        },
        (object?)null,
        ct);

    public async Task<Page<WebhookDelivery>> ListDeliveriesAsync(string id, int limit, Cursor? cursor, CancellationToken ct) =>
        await readers.ReadAsync(ReadDeliveriesAsync, (id, limit, cursor), ct);

    public Task<Webhook?> LeaseWebhookAsync(string id, string node, DateTimeOffset now, DateTimeOffset until, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Lease(transaction, id, node, now, until), ct);

    public Task<bool> RecordDeliveryAsync(string node, Webhook after, WebhookDelivery? delivery, DateTimeOffset until, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Record(transaction, node, after, delivery, until), ct);

    public Task RecordTestAsync(string id, WebhookDelivery delivery, CancellationToken ct) =>
        writer.RunAsync(transaction => WebhookOperations.Keep(transaction, id, delivery), ct);

    private static async ValueTask<Page<WebhookDelivery>> ReadDeliveriesAsync(
        Session session, (string Id, int Limit, Cursor? Cursor) of, CancellationToken ct)
    {
        const string sql = """
            SELECT number, message, type, at, status, problem, took FROM webhook_deliveries
            WHERE webhook = @id AND number < @before ORDER BY number DESC LIMIT @limit
            """;
        var all = new List<WebhookDelivery>();
        await using var row = await session.Sql(sql)
            .With("id", of.Id)
            .With("before", of.Cursor?.Number ?? long.MaxValue)
            .With("limit", of.Limit + 1L)
            .QueryAsync(ct);
        while (await row.ReadAsync(ct)) all.Add(ReadDelivery(row));
        return Paging.ToPage(all, of.Limit, last => new Cursor(last.Number, ""));
    }

    private static WebhookDelivery ReadDelivery(DbDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Message = row.GetString(1),
        Type = row.GetString(2),
        At = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        Answer = new WebhookAnswer(
            row.IsDBNull(4) ? null : (int)row.GetInt64(4), row.IsDBNull(5) ? null : row.GetString(5), TimeSpan.FromMilliseconds(row.GetInt64(6))),
    };
}
