using System.Data.Common;
using Provisioning.Core.Webhooks;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Webhooks;

/// <summary>How a row of <c>webhooks</c> is read and written.</summary>
internal static class WebhookRow
{
    /// <summary>What <see cref="Read"/> expects, in its order.</summary>
    public const string Columns = """
        id, url, description, types, enabled, revision, secret, previous_until, delivered, attempts, next_at, failing_since, paused_at,
        created_at, created_by
        """;

    public const string ById = $"SELECT {Columns} FROM webhooks WHERE id = @id";

    public static Webhook Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        Definition = new WebhookDefinition
        {
            Url = row.GetString(1),
            Description = row.IsDBNull(2) ? null : row.GetString(2),
            Types = row.IsDBNull(3) ? null : row.GetString(3).Split(' '),
            Enabled = row.GetInt64(4) != 0,
        },
        Revision = row.GetInt64(5),
        Secret = row.GetInt64(6),
        PreviousUntil = Time(row, 7),
        Delivered = row.GetInt64(8),
        Attempts = row.GetInt64(9),
        NextAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(10)),
        FailingSince = Time(row, 11),
        PausedAt = Time(row, 12),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(13)),
        CreatedBy = row.GetString(14),
    };

    public static Webhook? Find(Transaction transaction, string id)
    {
        using var row = transaction.Sql(ById).With("id", id).Query();
        return row.Read() ? Read(row) : null;
    }

    public static void Insert(Transaction transaction, Webhook webhook)
    {
        const string sql = """
            INSERT INTO webhooks (id, url, description, types, enabled, revision, secret, previous_until, delivered, attempts, next_at, failing_since,
                paused_at, created_at, created_by, deliveries, lease_node, lease_until)
            VALUES (@id, @url, @description, @types, @enabled, @revision, @secret, NULL, @delivered, 0, 0, NULL, NULL, @created_at, @created_by, 0, NULL, 0)
            """;
        transaction.Sql(sql)
            .With("id", webhook.Id)
            .With("url", webhook.Definition.Url)
            .With("description", webhook.Definition.Description)
            .With("types", TextOf(webhook.Definition))
            .With("enabled", webhook.Definition.Enabled ? 1L : 0L)
            .With("revision", webhook.Revision)
            .With("secret", webhook.Secret)
            .With("delivered", webhook.Delivered)
            .With("created_at", webhook.CreatedAt)
            .With("created_by", webhook.CreatedBy)
            .Execute();
    }

    public static string? TextOf(WebhookDefinition definition) => definition.Types is { } types ? string.Join(' ', types) : null;

    private static DateTimeOffset? Time(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
