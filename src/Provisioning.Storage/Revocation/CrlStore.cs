using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation;

/// <inheritdoc/>
internal sealed class CrlStore(Writer writer, Readers readers, bool keepsOctets) : ICrlStore
{
    /// <summary>For a complete CRL; answered from one index alone.</summary>
    internal const string Revoked = """
        SELECT serial, revoked_at, revocation_reason FROM certificates
        WHERE authority = @authority AND shard = @shard AND not_after >= @not_expired_before AND state IN ('revoked', 'held')
        ORDER BY not_after, serial
        """;

    /// <summary>For a delta CRL; answered from one index alone.</summary>
    internal const string Changed = """
        SELECT serial, revoked_at, revocation_reason, state FROM certificates
        WHERE authority = @authority AND shard = @shard AND revocation_sequence > @since
        ORDER BY revocation_sequence, serial
        """;

    /// <summary>Whether a shard is over; answered from one index alone.</summary>
    internal const string Unexpired =
        "SELECT 1 FROM certificates WHERE authority = @authority AND shard = @shard AND shard > 0 AND not_after >= @since LIMIT 1";

    public bool KeepsOctets => keepsOctets;

    public IAsyncEnumerable<RevokedEntry> ReadRevokedAsync(CrlScope scope, DateTimeOffset notExpiredBefore, CancellationToken ct)
    {
        return readers.StreamAsync(
            session => Of(session, Revoked, scope).With("not_expired_before", notExpiredBefore), row => ReadEntry(row, state: "revoked"), ct);
    }

    public IAsyncEnumerable<RevokedEntry> ReadChangedAsync(CrlScope scope, long since, DateTimeOffset at, CancellationToken ct)
    {
        return readers.StreamAsync(
            session => Of(session, Changed, scope).With("since", since),
            row => row.GetString(3) is "issued" or "current" or "superseded"
                ? new RevokedEntry(row.GetFieldValue<byte[]>(0), at, RevocationReason.Unspecified) { IsReleased = true }
                : ReadEntry(row, row.GetString(3)),
            ct);
    }

    public ValueTask<bool> HasChangedAsync(CrlScope scope, long since, CancellationToken ct)
    {
        const string sql = """
            SELECT 1 FROM certificates
            WHERE authority = @authority AND shard = @shard AND revocation_sequence > @since LIMIT 1
            """;
        return readers.ReadAsync(
            static async (session, asked, token) =>
            {
                await using var row = await Of(session, sql, asked.Scope).With("since", asked.Since).QueryAsync(token);
                return await row.ReadAsync(token);
            },
            (Scope: scope, Since: since),
            ct);
    }

    public ValueTask<long> ReadSequenceAsync(CancellationToken ct) => readers.ReadAsync(
        static async (session, _, token) =>
        {
            await using var row = await session.Sql("SELECT sequence FROM audit ORDER BY sequence DESC LIMIT 1").QueryAsync(token);
            return await row.ReadAsync(token) ? row.GetInt64(0) : 0;
        },
        (object?)null,
        ct);

    public ValueTask<bool> HasUnexpiredAsync(CrlScope scope, DateTimeOffset since, CancellationToken ct) => readers.ReadAsync(
        static async (session, asked, token) =>
        {
            await using var row = await Of(session, Unexpired, asked.Scope).With("since", asked.Since).QueryAsync(token);
            return await row.ReadAsync(token);
        },
        (Scope: scope, Since: since),
        ct);

    public Task DeclareShardsAsync(IReadOnlyList<CrlShard> shards, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => ShardOperations.Declare(transaction, shards, at), ct);

    public ValueTask<IReadOnlyList<CrlShard>> ReadShardsAsync(string authority, CancellationToken ct) =>
        readers.ReadAsync(ShardOperations.ReadAsync, authority, ct);

    public Task<bool> TryLeaseAsync(CrlScope scope, string owner, DateTimeOffset at, DateTimeOffset until, CancellationToken ct) =>
        writer.RunAsync(transaction => ShardOperations.TryLease(transaction, scope, owner, at, until), ct);

    public Task EndLeaseAsync(CrlScope scope, string owner, CancellationToken ct) =>
        writer.RunAsync(transaction => ShardOperations.EndLease(transaction, scope, owner), ct);

    public Task<bool> ReserveCrlAsync(CrlReservation crl, CancellationToken ct) =>
        writer.RunAsync(transaction => CrlOperations.Reserve(transaction, crl), ct);

    public Task KeepPieceAsync(CrlReservation crl, int piece, ReadOnlyMemory<byte> octets, CancellationToken ct)
    {
        var copy = octets.ToArray();
        return writer.RunAsync(transaction => CrlOperations.Keep(transaction, crl, piece, copy), ct, wasLetIn: true);
    }

    public IAsyncEnumerable<byte[]> ReadPiecesAsync(CrlReservation crl, CancellationToken ct)
    {
        const string sql = """
            SELECT octets FROM crl_pieces WHERE authority = @authority AND shard = @shard AND number = @number ORDER BY piece
            """;
        return readers.StreamAsync(
            session => Of(session, sql, crl.Scope).With("number", crl.Number), row => row.GetFieldValue<byte[]>(0), ct);
    }

    public async Task<bool> RecordCrlAsync(CrlReservation crl, Digest crlHash, CancellationToken ct) =>
        await writer.RunAsync(transaction => CrlOperations.Record(transaction, crl, crlHash), ct, wasLetIn: true)
        ?? throw new InvalidOperationException($"CRL {crl.Number} of {crl.Scope} was not reserved like this.");

    public async ValueTask<CrlRecord?> LastCrlAsync(CrlScope scope, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {CrlOperations.Columns} FROM crls WHERE authority = @authority AND shard = @shard ORDER BY number DESC LIMIT 1
            """;
        var found = await readers.ReadAsync(
            static (session, asked, token) => ReadAllAsync(Of(session, sql, asked), asked, token), scope, ct);
        return found is [var last, ..] ? last : null;
    }

    public ValueTask<IReadOnlyList<CrlRecord>> RecordedCrlsAsync(CrlName name, CancellationToken ct)
    {
        const string complete = $"""
            SELECT {CrlOperations.Columns} FROM crls
            WHERE authority = @authority AND shard = @shard AND base_number IS NULL AND crl_hash IS NOT NULL
            ORDER BY number DESC LIMIT 2
            """;
        const string delta = $"""
            SELECT {CrlOperations.Columns} FROM crls
            WHERE authority = @authority AND shard = @shard AND base_number IS NOT NULL AND crl_hash IS NOT NULL
            ORDER BY number DESC LIMIT 2
            """;
        return readers.ReadAsync(
            static (session, asked, token) => ReadAllAsync(Of(session, asked.IsDelta ? delta : complete, asked.Scope), asked.Scope, token),
            name,
            ct);
    }

    private static Statement Of(Session session, string sql, CrlScope scope) =>
        session.Sql(sql).With("authority", scope.Authority).With("shard", scope.Shard);

    private static async ValueTask<IReadOnlyList<CrlRecord>> ReadAllAsync(Statement statement, CrlScope scope, CancellationToken ct)
    {
        var all = new List<CrlRecord>();
        await using var row = await statement.QueryAsync(ct);
        try
        {
            while (await row.ReadAsync(ct)) all.Add(CrlOperations.Read(scope, row));
            return all;
        }
        catch (Exception e) when (DamagedRows.AreToldBy(e))
        {
            throw new InvalidDataException($"What is on record of a CRL of {scope} is damaged.", e);
        }
    }

    // One damaged row must not keep all the others from the CRL, nor itself: that it is revoked is what matters. Nor does it say that a
    // certificate is good again: nothing but the three states that a hold leads back to does.
    private static RevokedEntry ReadEntry(DbDataReader row, string state)
    {
        var serial = row.GetFieldValue<byte[]>(0);
        var revokedAt = row.IsDBNull(1) ? null : DamagedRows.TryReadTime(row.GetInt64(1));
        var reason = row.IsDBNull(2) ? null : (RevocationReason?)row.GetInt64(2);
        if (reason is { } some && !Enum.IsDefined(some)) reason = null;
        var isDamaged = revokedAt is null || reason is null || state is not ("revoked" or "held");
        if (isDamaged) DamagedRows.Meet("certificates", Convert.ToHexString(serial), "Its state, or the date or reason of its revocation, is none that there is.");
        return new RevokedEntry(serial, revokedAt ?? DateTimeOffset.UnixEpoch, reason ?? RevocationReason.Unspecified) { IsDamaged = isDamaged };
    }
}
