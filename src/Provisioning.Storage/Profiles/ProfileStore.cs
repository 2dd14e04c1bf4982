using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Profiles;

/// <inheritdoc/>
internal sealed class ProfileStore(Writer writer, Readers readers) : IProfileStore
{
    private const string Columns = "p.name, p.version, p.definition, p.origin, p.is_deleted, p.at, p.actor";

    public Task<Outcome<ProfileVersion>> AddVersionAsync(ProfileVersion draft, long? expected, CancellationToken ct)
    {
        // Hashed here and not on the writer's thread, which all wait for.
        var hash = Digest.Of(System.Text.Encoding.UTF8.GetBytes(draft.Definition));
        return writer.RunAsync(transaction => Add(transaction, draft, hash, expected), ct);
    }

    public async Task<IReadOnlyList<ProfileVersion>> ListProfilesAsync(CancellationToken ct)
    {
        const string sql = $"""
            SELECT {Columns} FROM profiles p
            JOIN (SELECT name, MAX(version) AS version FROM profiles GROUP BY name) AS latest
                ON latest.name = p.name AND latest.version = p.version
            ORDER BY p.name
            """;
        return await readers.ReadAsync((session, _, token) => ReadAllAsync(session.Sql(sql), token), (object?)null, ct);
    }

    public ValueTask<ProfileVersion?> FindProfileAsync(string name, CancellationToken ct)
    {
        const string sql = $"SELECT {Columns} FROM profiles p WHERE p.name = @name ORDER BY p.version DESC LIMIT 1";
        return readers.ReadAsync(
            async (session, of, token) => (await ReadAllAsync(session.Sql(sql).With("name", of), token)).FirstOrDefault(), name, ct);
    }

    public ValueTask<ProfileVersion?> FindSeedAsync(string name, CancellationToken ct)
    {
        const string sql = $"SELECT {Columns} FROM profiles p WHERE p.name = @name AND p.origin = 'file' ORDER BY p.version DESC LIMIT 1";
        return readers.ReadAsync(
            async (session, of, token) => (await ReadAllAsync(session.Sql(sql).With("name", of), token)).FirstOrDefault(), name, ct);
    }

    public async Task<Page<ProfileVersion>> ListVersionsAsync(string name, int limit, Cursor? cursor, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {Columns} FROM profiles p WHERE p.name = @name AND p.version < @before ORDER BY p.version DESC LIMIT @limit
            """;
        var rows = await readers.ReadAsync(
            (session, of, token) => ReadAllAsync(
                session.Sql(sql).With("name", of.name).With("before", of.before).With("limit", of.limit + 1), token),
            (name, before: cursor?.Number ?? long.MaxValue, limit), ct);
        return Paging.ToPage(rows, limit, last => new Cursor(last.Version, ""));
    }

    private static Outcome<ProfileVersion> Add(Transaction transaction, ProfileVersion draft, Digest hash, long? expected)
    {
        const string last = "SELECT version, is_deleted FROM profiles WHERE name = @name ORDER BY version DESC LIMIT 1";
        var (version, isDeleted) = (0L, false);
        using (var row = transaction.Sql(last).With("name", draft.Name).Query())
        {
            if (row.Read()) (version, isDeleted) = (row.GetInt64(0), row.GetInt64(1) != 0);
        }

        var seen = isDeleted ? 0 : version;
        if (expected is { } wanted && wanted != seen)
        {
            return new Refusal(
                RefusalCode.PreconditionFailed,
                seen == 0 ? "There is no such profile." : $"The profile is in version {seen}. Read it again, and decide again.");
        }

        var saved = draft with { Version = version + 1 };
        Insert(transaction, saved);
        transaction.Audit(
            saved.IsDeleted ? AuditActions.ProfileDeleted : AuditActions.ProfileSaved, saved.Actor, saved.At, null, null, null,
            $"{saved.Name} {saved.Version} {hash}");
        return saved;
    }

    private static void Insert(Transaction transaction, ProfileVersion saved)
    {
        const string insert = """
            INSERT INTO profiles (name, version, definition, origin, is_deleted, at, actor)
            VALUES (@name, @version, @definition, @origin, @is_deleted, @at, @actor)
            """;
        transaction.Sql(insert)
            .With("name", saved.Name)
            .With("version", saved.Version)
            .With("definition", saved.Definition)
            .With("origin", Words.Of(saved.Origin))
            .With("is_deleted", saved.IsDeleted ? 1 : 0)
            .With("at", saved.At)
            .With("actor", saved.Actor)
            .Execute();
    }

    private static async ValueTask<List<ProfileVersion>> ReadAllAsync(Statement statement, CancellationToken ct)
    {
        await using var row = await statement.QueryAsync(ct);
        var versions = new List<ProfileVersion>();
        while (await row.ReadAsync(ct)) versions.Add(Read(row));
        return versions;
    }

    private static ProfileVersion Read(DbDataReader row) => new()
    {
        Name = row.GetString(0),
        Version = row.GetInt64(1),
        Definition = row.GetString(2),
        Origin = Words.ToProfileOrigin(row.GetString(3)),
        IsDeleted = row.GetInt64(4) != 0,
        At = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
        Actor = row.GetString(6),
    };
}
