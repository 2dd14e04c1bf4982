using System.Globalization;
using Dapper;
using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Authorities;

/// <inheritdoc/>
internal sealed class AuthorityStore(Writer writer, Readers readers) : IAuthorityStore
{
    private const string Actor = "service";

    public Task<string?> AddAuthoritiesAsync(
        IReadOnlyList<AuthorityRecord> authorities, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => AddAuthorities(transaction, authorities, at), ct);

    public async Task<IReadOnlyList<AuthorityRecord>> ListAuthoritiesAsync(CancellationToken ct) =>
        await readers.ReadAsync(ReadAuthoritiesAsync, (object?)null, ct);

    public Task<bool> AddPrincipalAsync(string name, HolderKind kind, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => AddPrincipal(transaction, name, kind, at), ct);

    public ValueTask<DateTimeOffset?> LatestTimeAsync(CancellationToken ct) =>
        readers.ReadAsync(ReadLatestTimeAsync, (object?)null, ct);

    public Task AcceptTimeAsync(DateTimeOffset now, DateTimeOffset before, CancellationToken ct) =>
        writer.RunAsync(transaction => AcceptTime(transaction, now, before), ct);

    private static string? AddAuthorities(
        Transaction transaction, IReadOnlyList<AuthorityRecord> authorities, DateTimeOffset at)
    {
        var missing = new List<AuthorityRecord>();
        foreach (var authority in authorities)
        {
            using var row = transaction.Sql("SELECT certificate FROM authorities WHERE name = @name")
                .With("name", authority.Name)
                .Query();
            if (!row.Read()) missing.Add(authority);
            else if (!row.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(authority.Certificate.Span)) return authority.Name;
        }

        foreach (var authority in missing) AddAuthority(transaction, authority, at);
        return null;
    }

    private static void AddAuthority(Transaction transaction, AuthorityRecord authority, DateTimeOffset at)
    {
        var certificate = authority.Certificate.ToArray();
        const string insert = """
            INSERT INTO authorities (name, issuer, certificate, added_at) VALUES (@name, @issuer, @certificate, @at)
            """;
        transaction.Sql(insert)
            .With("name", authority.Name)
            .With("issuer", authority.Issuer)
            .With("certificate", certificate)
            .With("at", at)
            .Execute();
        transaction.Audit(
            AuditActions.AuthorityAdded, Actor, at, HolderKind.Authority, authority.Name, null,
            Digest.Of(certificate).ToString());
    }

    private static bool AcceptTime(Transaction transaction, DateTimeOffset now, DateTimeOffset before)
    {
        transaction.Audit(AuditActions.ClockAccepted, "operator", now, null, null, null, before.ToString("O"));
        const string sql = """
            INSERT INTO meta (key, value) SELECT 'clock_accepted', CAST(MAX(sequence) AS TEXT) FROM audit WHERE sequence > 0
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """;
        return transaction.Sql(sql).Execute() == 1;
    }

    private static bool AddPrincipal(Transaction transaction, string name, HolderKind kind, DateTimeOffset at)
    {
        using (var row = transaction.Sql("SELECT kind FROM principals WHERE name = @name").With("name", name).Query())
        {
            if (row.Read()) return Words.ToHolderKind(row.GetString(0)) == kind;
        }

        transaction.Sql("INSERT INTO principals (name, kind, added_at) VALUES (@name, @kind, @at)")
            .With("name", name)
            .With("kind", Words.Of(kind))
            .With("at", at)
            .Execute();
        transaction.Audit(AuditActions.PrincipalAdded, Actor, at, kind, name, null, null);
        return true;
    }

    private static async ValueTask<IReadOnlyList<AuthorityRecord>> ReadAuthoritiesAsync(
        Session session, object? nothing, CancellationToken ct)
    {
        const string sql = """
            SELECT name AS Name, issuer AS Issuer, certificate AS Certificate FROM authorities
            ORDER BY CASE WHEN issuer = name THEN 0 ELSE 1 END, added_at, name
            """;
        var rows = await session.Connection.QueryAsync<Row>(new CommandDefinition(sql, cancellationToken: ct));
        return rows.Select(row => new AuthorityRecord(row.Name, row.Issuer, row.Certificate)).ToList();
    }

    /// <summary>See <see cref="IAuditStore.ReadClockAcceptedAsync"/>.</summary>
    internal static async ValueTask<string?> ReadClockAcceptedAsync(Session session, object? nothing, CancellationToken ct) =>
        await session.Connection.QuerySingleOrDefaultAsync<string?>(
            new CommandDefinition("SELECT value FROM meta WHERE key = 'clock_accepted'", cancellationToken: ct));

    private static async ValueTask<DateTimeOffset?> ReadLatestTimeAsync(
        Session session, object? nothing, CancellationToken ct)
    {
        // Two subqueries, because each of them is then one step in an index.
        const string all = """
            SELECT MAX(latest) FROM (
                SELECT MAX(reserved_at) AS latest FROM certificates UNION ALL SELECT MAX(at) AS latest FROM audit) AS t
            """;

        // Only the audit has an order that does not come from the clock. With the + the index of times is walked, from its end.
        const string sinceAccepted = """
            SELECT at FROM audit WHERE +sequence >= @accepted ORDER BY at DESC LIMIT 1
            """;
        long? latest = null;
        if (long.TryParse(await ReadClockAcceptedAsync(session, null, ct), CultureInfo.InvariantCulture, out var accepted))
        {
            latest = await session.Connection.QuerySingleOrDefaultAsync<long?>(
                new CommandDefinition(sinceAccepted, new { accepted }, cancellationToken: ct));
        }

        // Never accepted; or where there is no entry, which the verb audit tells: then everything counts.
        latest ??= await session.Connection.QuerySingleAsync<long?>(new CommandDefinition(all, cancellationToken: ct));
        return latest is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
    }

    // With properties and not with a constructor: of an empty table SQLite cannot tell the type of a BYTEA column, and Dapper
    // matches constructors by type.
    private sealed record Row
    {
        public required string Name { get; init; }

        public required string Issuer { get; init; }

        public required byte[] Certificate { get; init; }
    }
}
