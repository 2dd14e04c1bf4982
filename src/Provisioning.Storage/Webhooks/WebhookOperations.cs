using Provisioning.Core.Audit;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Webhooks;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Webhooks;

/// <summary>The transactions of <see cref="IWebhookStore"/>.</summary>
internal static class WebhookOperations
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such webhook.");

    public static Outcome<Webhook> Add(Transaction transaction, Webhook webhook)
    {
        using (var row = transaction.Sql("SELECT COUNT(*) FROM webhooks").Query())
        {
            if (row.Read() && row.GetInt64(0) >= IWebhookStore.MaxWebhooks)
                return new Refusal(RefusalCode.BadWebhook, $"There may be {IWebhookStore.MaxWebhooks} webhooks. Remove one first.");
        }

        WebhookRow.Insert(transaction, webhook);
        Audit(transaction, AuditActions.WebhookAdded, webhook, webhook.CreatedBy, webhook.CreatedAt, webhook.Definition.Url);
        return webhook;
    }

    public static Outcome<Webhook> Change(
        Transaction transaction, string id, WebhookDefinition definition, long? expected, string actor, DateTimeOffset at)
    {
        if (!Find(transaction, id, expected).TryGet(out var known, out var refusal)) return refusal;
        const string sql = """
            UPDATE webhooks SET url = @url, description = @description, types = @types, enabled = @enabled, revision = revision + 1,
                attempts = 0, next_at = 0, failing_since = NULL, paused_at = NULL
            WHERE id = @id
            """;
        transaction.Sql(sql)
            .With("url", definition.Url)
            .With("description", definition.Description)
            .With("types", WebhookRow.TextOf(definition))
            .With("enabled", definition.Enabled ? 1L : 0L)
            .With("id", id)
            .Execute();
        Audit(transaction, AuditActions.WebhookChanged, known, actor, at, (definition.Enabled ? "enabled " : "disabled ") + definition.Url);
        return WebhookRow.Find(transaction, id)!;
    }

    public static Outcome<Webhook> Rotate(
        Transaction transaction, string id, DateTimeOffset previousUntil, long? expected, string actor, DateTimeOffset at)
    {
        if (!Find(transaction, id, expected).TryGet(out var known, out var refusal)) return refusal;
        transaction.Sql("UPDATE webhooks SET secret = secret + 1, previous_until = @until, revision = revision + 1 WHERE id = @id")
            .With("until", previousUntil)
            .With("id", id)
            .Execute();
        Audit(transaction, AuditActions.WebhookChanged, known, actor, at, $"secret {known.Secret + 1}");
        return WebhookRow.Find(transaction, id)!;
    }

    public static Outcome<Webhook> Remove(Transaction transaction, string id, long? expected, string actor, DateTimeOffset at)
    {
        if (!Find(transaction, id, expected).TryGet(out var known, out var refusal)) return refusal;
        transaction.Sql("DELETE FROM webhook_deliveries WHERE webhook = @id").With("id", id).Execute();
        transaction.Sql("DELETE FROM webhooks WHERE id = @id").With("id", id).Execute();
        Audit(transaction, AuditActions.WebhookRemoved, known, actor, at, known.Definition.Url);
        return known;
    }

    public static Webhook? Lease(Transaction transaction, string id, string node, DateTimeOffset now, DateTimeOffset until)
    {
        const string sql = """
            UPDATE webhooks SET lease_node = @node, lease_until = @until
            WHERE id = @id AND enabled = 1 AND paused_at IS NULL AND next_at <= @now AND (lease_node = @node OR lease_node IS NULL OR lease_until <= @now)
            """;
        var taken = transaction.Sql(sql)
            .With("node", node)
            .With("until", until)
            .With("id", id)
            .With("now", now)
            .Execute();
        return taken == 1 ? WebhookRow.Find(transaction, id) : null;
    }

    /// <summary>What came of it counts while the lease does: a change of the definition meanwhile starts over.</summary>
    public static bool Record(Transaction transaction, string node, Webhook after, WebhookDelivery? delivery, DateTimeOffset until)
    {
        const string sql = """
            UPDATE webhooks SET delivered = @delivered, attempts = @attempts, next_at = @next_at, failing_since = @failing_since,
                paused_at = @paused_at, lease_until = @until
            WHERE id = @id AND lease_node = @node AND revision = @revision AND enabled = 1
            """;
        var kept = transaction.Sql(sql)
            .With("delivered", after.Delivered)
            .With("attempts", after.Attempts)
            .With("next_at", after.NextAt)
            .With("failing_since", after.FailingSince?.ToUnixTimeMilliseconds())
            .With("paused_at", after.PausedAt?.ToUnixTimeMilliseconds())
            .With("until", until)
            .With("id", after.Id)
            .With("node", node)
            .With("revision", after.Revision)
            .Execute();
        if (kept == 0) return false;
        if (delivery is not null) Keep(transaction, after.Id, delivery);
        if (after.PausedAt is { } at) Audit(transaction, AuditActions.WebhookChanged, after, "service", at, $"given up after {after.Attempts} tries");
        return true;
    }

    /// <summary>Keeps a delivery, and the newest of those before it.</summary>
    public static bool Keep(Transaction transaction, string id, WebhookDelivery delivery)
    {
        if (transaction.Sql("UPDATE webhooks SET deliveries = deliveries + 1 WHERE id = @id").With("id", id).Execute() == 0) return false;
        long number;
        using (var row = transaction.Sql("SELECT deliveries FROM webhooks WHERE id = @id").With("id", id).Query())
        {
            row.Read();
            number = row.GetInt64(0);
        }

        const string insert = """
            INSERT INTO webhook_deliveries (webhook, number, message, type, at, status, problem, took)
            VALUES (@id, @number, @message, @type, @at, @status, @problem, @took)
            """;
        transaction.Sql(insert)
            .With("id", id)
            .With("number", number)
            .With("message", delivery.Message)
            .With("type", delivery.Type)
            .With("at", delivery.At)
            .With("status", (long?)delivery.Answer.Status)
            .With("problem", delivery.Answer.Problem)
            .With("took", (long)delivery.Answer.Took.TotalMilliseconds)
            .Execute();
        transaction.Sql("DELETE FROM webhook_deliveries WHERE webhook = @id AND number <= @last")
            .With("id", id)
            .With("last", number - IWebhookStore.KeptDeliveries)
            .Execute();
        return true;
    }

    private static Outcome<Webhook> Find(Transaction transaction, string id, long? expected)
    {
        if (WebhookRow.Find(transaction, id) is not { } known) return NotFound;
        return expected is null || expected == known.Revision
            ? known
            : new Refusal(RefusalCode.PreconditionFailed, "The webhook was changed meanwhile. Read it again and repeat your change.");
    }

    private static void Audit(Transaction transaction, string action, Webhook webhook, string actor, DateTimeOffset at, string detail) =>
        transaction.Audit(action, actor, at, null, null, null, $"{webhook.Id} {detail}");
}
