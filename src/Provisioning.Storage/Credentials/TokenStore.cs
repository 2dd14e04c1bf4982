using Dapper;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Credentials;

/// <inheritdoc/>
internal sealed class TokenStore(Writer writer, Readers readers) : ITokenStore
{
    private const string ById = $"SELECT {TokenRow.Columns}, secret_hash FROM tokens WHERE id = @id";

    public Task<Outcome<IReadOnlyList<NewToken>>> AddTokensAsync(IReadOnlyList<NewToken> tokens, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, tokens), ct);

    public ValueTask<(EnrollmentToken Token, Digest Hash)?> FindTokenAsync(string id, CancellationToken ct) =>
        readers.ReadAsync(FindAsync, id, ct);

    public async Task<Page<EnrollmentToken>> ListTokensAsync(TokenQuery query, CancellationToken ct) =>
        await readers.ReadAsync(ReadPageAsync, query, ct);

    public Task<Outcome<EnrollmentToken>> RevokeTokenAsync(string id, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Revoke(transaction, id, actor, at), ct);

    private static Outcome<IReadOnlyList<NewToken>> Add(Transaction transaction, IReadOnlyList<NewToken> tokens)
    {
        if (tokens is [{ Facts: { Lot: { } lot, Group: { } group } }, ..] && CheckLot(transaction, lot, group) is { } refusal) return refusal;
        foreach (var (token, text) in tokens) Insert(transaction, token, text.Hash);

        // An Outcome cannot be made of an interface by conversion.
        return new Outcome<IReadOnlyList<NewToken>>.Success(tokens);
    }

    private static Refusal? CheckLot(Transaction transaction, string lot, string group)
    {
        using var row = transaction.Sql("SELECT group_name FROM lots WHERE name = @name").With("name", lot).Query();
        if (!row.Read()) return new Refusal(RefusalCode.UnknownLot, $"There is no lot '{lot}'.");
        return row.GetString(0) == group ? null : new Refusal(RefusalCode.NotInLot, $"The lot '{lot}' is one of another group.");
    }

    private static void Insert(Transaction transaction, EnrollmentToken token, Digest hash)
    {
        const string sql = """
            INSERT INTO tokens (id, secret_hash, group_name, lot, device_id, device_id_pattern, key_thumbprint, uses,
                expires_at, created_at, created_by, note)
            VALUES (@id, @hash, @group, @lot, @device_id, @pattern, @key, @uses, @expires_at, @created_at, @created_by, @note)
            """;
        transaction.Sql(sql)
            .With("id", token.Id)
            .With("hash", hash.ToOctets())
            .With("group", token.Group)
            .With("lot", token.Lot)
            .With("device_id", token.DeviceId?.Value)
            .With("pattern", token.DeviceIdPattern?.Text)
            .With("key", token.KeyThumbprint?.ToOctets())
            .With("uses", token.Uses)
            .With("expires_at", token.ExpiresAt)
            .With("created_at", token.CreatedAt)
            .With("created_by", token.CreatedBy)
            .With("note", token.Note)
            .Execute();
        Audit(transaction, AuditActions.TokenCreated, token, token.CreatedBy, token.CreatedAt, $"{token.Id} {token.Group}");
    }

    private static Outcome<EnrollmentToken> Revoke(Transaction transaction, string id, string actor, DateTimeOffset at)
    {
        EnrollmentToken token;
        using (var row = transaction.Sql(ById).With("id", id).Query())
        {
            if (!row.Read()) return new Refusal(RefusalCode.NotFound, "There is no such token.");
            token = TokenRow.Read(row);
        }

        if (token.RevokedAt is not null) return token;
        transaction.Sql("UPDATE tokens SET revoked_at = @at WHERE id = @id").With("at", at).With("id", id).Execute();
        Audit(transaction, AuditActions.TokenRevoked, token, actor, at, id);
        return token with { RevokedAt = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()) };
    }

    // A token for one device is part of that device's history.
    private static void Audit(
        Transaction transaction, string action, EnrollmentToken token, string actor, DateTimeOffset at, string detail) =>
        transaction.Audit(action, actor, at, token.DeviceId is null ? null : HolderKind.Device, token.DeviceId?.Value, null, detail);

    private static async ValueTask<(EnrollmentToken Token, Digest Hash)?> FindAsync(Session session, string id, CancellationToken ct)
    {
        await using var row = await session.Sql(ById).With("id", id).QueryAsync(ct);
        return await row.ReadAsync(ct) ? TokenRow.ReadWithHash(row) : null;
    }

    private static async ValueTask<Page<EnrollmentToken>> ReadPageAsync(Session session, TokenQuery query, CancellationToken ct)
    {
        var conditions = new List<string>();
        if (query.Group is not null) conditions.Add("group_name = @Group");
        if (query.Cursor is not null) conditions.Add("(created_at, id) < (@CreatedAt, @Id)");
        conditions.AddRange(query.State switch
        {
            TokenState.Revoked => ["revoked_at IS NOT NULL"],
            TokenState.Expired => ["revoked_at IS NULL", "expires_at <= @Now"],
            TokenState.Used => ["revoked_at IS NULL", "expires_at > @Now", "used >= uses"],
            TokenState.Active => ["revoked_at IS NULL", "expires_at > @Now", "used < uses"],
            _ => Array.Empty<string>(),
        });
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        var sql = $"SELECT {TokenRow.Columns} FROM tokens {where} ORDER BY created_at DESC, id DESC LIMIT @Limit";
        var parameters = new
        {
            query.Group,
            CreatedAt = query.Cursor?.Number,
            Id = query.Cursor?.Text,
            Now = query.Now.ToUnixTimeMilliseconds(),
            Limit = query.Limit + 1,
        };
        await using var row = await session.Connection.ExecuteReaderAsync(new CommandDefinition(sql, parameters, cancellationToken: ct));
        var items = new List<EnrollmentToken>();
        while (await row.ReadAsync(ct)) items.Add(TokenRow.Read(row));
        return Paging.ToPage(items, query.Limit, last => new Cursor(last.CreatedAt.ToUnixTimeMilliseconds(), last.Id));
    }
}
