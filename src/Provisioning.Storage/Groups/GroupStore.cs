using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Provisioning.Core.Audit;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Groups;

/// <inheritdoc/>
internal sealed class GroupStore(Writer writer, Readers readers) : IGroupStore
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public async Task<IReadOnlyList<GroupVersion>> ListGroupsAsync(CancellationToken ct) =>
        await readers.ReadAsync(ReadNewestAsync, (object?)null, ct);

    public async Task<IReadOnlyList<GroupVersion>> ListGroupVersionsAsync(string name, CancellationToken ct) =>
        await readers.ReadAsync(ReadVersionsAsync, name, ct);

    public Task<Outcome<GroupVersion>> SaveGroupAsync(EnrollmentGroup group, string actor, DateTimeOffset at, CancellationToken ct)
    {
        var definition = JsonSerializer.Serialize(group.Definition, Json);
        return writer.RunAsync(transaction => Save(transaction, new GroupVersion(group, at, actor), definition), ct);
    }

    private static Outcome<GroupVersion> Save(Transaction transaction, GroupVersion next, string definition)
    {
        var group = next.Group;
        if (ReadVersion(transaction, group.Name) != group.Version - 1)
            return new Refusal(RefusalCode.PreconditionFailed, "The group was changed meanwhile. Read it again and repeat your change.");
        const string upsert = """
            INSERT INTO enrollment_groups (name, version, definition, on_clone, updated_at, updated_by)
            VALUES (@name, @version, @definition, @on_clone, @at, @actor)
            ON CONFLICT (name) DO UPDATE SET version = excluded.version, definition = excluded.definition,
                on_clone = excluded.on_clone, updated_at = excluded.updated_at, updated_by = excluded.updated_by
            """;
        transaction.Sql(upsert)
            .With("name", group.Name)
            .With("version", group.Version)
            .With("definition", definition)
            .With("on_clone", Words.Of(group.Definition.OnClone))
            .With("at", next.At)
            .With("actor", next.Actor)
            .Execute();
        const string insert = """
            INSERT INTO group_versions (name, version, definition, at, actor)
            VALUES (@name, @version, @definition, @at, @actor)
            """;
        transaction.Sql(insert)
            .With("name", group.Name)
            .With("version", group.Version)
            .With("definition", definition)
            .With("at", next.At)
            .With("actor", next.Actor)
            .Execute();
        transaction.Audit(AuditActions.GroupChanged, next.Actor, next.At, null, null, null, $"{group.Name} {group.Version}");
        return next;
    }

    private static long ReadVersion(Transaction transaction, string name)
    {
        using var row = transaction.Sql("SELECT version FROM enrollment_groups WHERE name = @name").With("name", name).Query();
        return row.Read() ? row.GetInt64(0) : 0;
    }

    private static async ValueTask<IReadOnlyList<GroupVersion>> ReadNewestAsync(Session session, object? nothing, CancellationToken ct)
    {
        const string sql = """
            SELECT name AS Name, version AS Version, definition AS Definition, updated_at AS At, updated_by AS Actor
            FROM enrollment_groups ORDER BY name
            """;
        var rows = await session.Connection.QueryAsync<Row>(new CommandDefinition(sql, cancellationToken: ct));
        return rows.Select(row => row.ToVersion()).ToList();
    }

    private static async ValueTask<IReadOnlyList<GroupVersion>> ReadVersionsAsync(Session session, string name, CancellationToken ct)
    {
        const string sql = """
            SELECT name AS Name, version AS Version, definition AS Definition, at AS At, actor AS Actor
            FROM group_versions WHERE name = @name ORDER BY version DESC
            """;
        var rows = await session.Connection.QueryAsync<Row>(new CommandDefinition(sql, new { name }, cancellationToken: ct));
        return rows.Select(row => row.ToVersion()).ToList();
    }

    private sealed record Row
    {
        public required string Name { get; init; }

        public required long Version { get; init; }

        public required string Definition { get; init; }

        public required long At { get; init; }

        public required string Actor { get; init; }

        public GroupVersion ToVersion()
        {
            var definition = JsonSerializer.Deserialize<GroupDefinition>(Definition, Json)!;
            return new GroupVersion(EnrollmentGroup.OnRecord(Name, Version, definition), DateTimeOffset.FromUnixTimeMilliseconds(At), Actor);
        }
    }
}
