using System.Data.Common;
using System.Text.Json;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Authorities;

/// <inheritdoc/>
internal sealed class PrincipalStore(Writer writer, Readers readers) : IPrincipalStore
{
    /// <summary>What <see cref="Read"/> expects, in its order, of a table or alias <c>p</c>.</summary>
    internal const string Columns = "p.name, p.kind, p.scope, p.revision, p.added_at";

    internal const int Count = 5;

    private const string ByName = $"SELECT {Columns} FROM principals p WHERE p.name = @name";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public ValueTask<Principal?> FindPrincipalAsync(string name, CancellationToken ct) => readers.ReadAsync(FindAsync, name, ct);

    public async Task<IReadOnlyList<Principal>> ListPrincipalsAsync(CancellationToken ct)
    {
        var all = new List<Principal>();
        await foreach (var one in readers.StreamAsync(
            session => session.Sql($"SELECT {Columns} FROM principals p ORDER BY p.name"), static row => Read(row), ct))
        {
            all.Add(one);
        }

        return all;
    }

    public Task<Outcome<Principal>> AddPrincipalAsync(
        string name, HolderKind kind, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, name, kind, actor, at), ct);

    public Task<Outcome<Principal>> SetScopeAsync(
        string name, ScopeDefinition? scope, long? expected, string actor, DateTimeOffset at, CancellationToken ct)
    {
        var text = scope is null ? null : JsonSerializer.Serialize(scope, Json);
        return writer.RunAsync(transaction => SetScope(transaction, name, scope, text, expected, actor, at), ct);
    }

    private static async ValueTask<Principal?> FindAsync(Session session, string name, CancellationToken ct)
    {
        await using var row = await session.Sql(ByName).With("name", name).QueryAsync(ct);
        return await row.ReadAsync(ct) ? Read(row) : null;
    }

    private static Outcome<Principal> Add(Transaction transaction, string name, HolderKind kind, string actor, DateTimeOffset at)
    {
        using (var row = transaction.Sql(ByName).With("name", name).Query())
        {
            if (row.Read())
            {
                var known = Read(row);
                return known.Kind == kind ? known : new Refusal(RefusalCode.AlreadyExists, $"'{name}' is the name of one of another kind.");
            }
        }

        transaction.Sql("INSERT INTO principals (name, kind, added_at) VALUES (@name, @kind, @at)")
            .With("name", name)
            .With("kind", Words.Of(kind))
            .With("at", at)
            .Execute();
        transaction.Audit(AuditActions.PrincipalAdded, actor, at, kind, name, null, null);
        return new Principal { Name = name, Kind = kind, Revision = 0, AddedAt = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()) };
    }

    private static Outcome<Principal> SetScope(
        Transaction transaction, string name, ScopeDefinition? scope, string? text, long? expected, string actor, DateTimeOffset at)
    {
        Principal? known;
        using (var row = transaction.Sql(ByName).With("name", name).Query()) known = row.Read() ? Read(row) : null;
        if (known is not { Kind: HolderKind.Registrar })
            return new Refusal(RefusalCode.NotFound, "There is no such registrar.");
        if (expected is { } revision && revision != known.Revision)
            return new Refusal(RefusalCode.PreconditionFailed, "The limits were changed meanwhile. Read them again and repeat your change.");
        transaction.Sql("UPDATE principals SET scope = @scope, revision = revision + 1 WHERE name = @name")
            .With("scope", text)
            .With("name", name)
            .Execute();
        transaction.Audit(AuditActions.ScopeChanged, actor, at, HolderKind.Registrar, name, null, text);
        return known with { Scope = scope, Revision = known.Revision + 1 };
    }

    /// <summary>Reads a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="at">Where its columns begin.</param>
    internal static Principal Read(DbDataReader row, int at = 0) => new()
    {
        Name = row.GetString(at),
        Kind = Words.ToHolderKind(row.GetString(at + 1)),
        Scope = row.IsDBNull(at + 2) ? null : JsonSerializer.Deserialize<ScopeDefinition>(row.GetString(at + 2), Json),
        Revision = row.GetInt64(at + 3),
        AddedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(at + 4)),
    };
}
