using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Revocation;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Credentials;

/// <inheritdoc/>
internal sealed class ClaimBatchStore(Writer writer, Readers readers) : IClaimBatchStore
{
    private const string Columns = "b.name, b.group_name, b.created_at, b.created_by, b.revoked_at";

    private const string ByName = $"SELECT {Columns} FROM claim_batches b WHERE b.name = @name";

    private const string WithCounts = $"""
        SELECT {Columns},
            (SELECT COUNT(*) FROM devices d WHERE d.claim_batch = b.name AND d.claim_batch IS NOT NULL),
            (SELECT COUNT(*) FROM devices d WHERE d.claim_batch = b.name AND d.claim_batch IS NOT NULL AND d.state <> 'registered')
        FROM claim_batches b WHERE @name IS NULL OR b.name = @name ORDER BY b.name
        """;

    public Task<Outcome<ClaimBatch>> AddBatchAsync(ClaimBatch batch, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, batch), ct);

    public ValueTask<ClaimBatch?> FindBatchAsync(string name, CancellationToken ct) => readers.ReadAsync(FindAsync, name, ct);

    public async Task<IReadOnlyList<ClaimBatch>> ListBatchesAsync(string? name, CancellationToken ct)
    {
        var all = new List<ClaimBatch>();
        await foreach (var batch in readers.StreamAsync(
            session => session.Sql(WithCounts).With("name", name),
            row => Read(row) with { Expected = row.GetInt64(5), Claimed = row.GetInt64(6) },
            ct))
        {
            all.Add(batch);
        }

        return all;
    }

    public Task<Outcome<int>> RevokeBatchAsync(
        string name, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Revoke(transaction, name, reason, actor, at), ct);

    private static Outcome<ClaimBatch> Add(Transaction transaction, ClaimBatch batch)
    {
        using (var row = transaction.Sql(ByName).With("name", batch.Name).Query())
        {
            if (row.Read()) return new Refusal(RefusalCode.AlreadyExists, $"There is a claim batch '{batch.Name}' already.");
        }

        const string sql = """
            INSERT INTO claim_batches (name, group_name, created_at, created_by) VALUES (@name, @group, @at, @actor)
            """;
        transaction.Sql(sql)
            .With("name", batch.Name)
            .With("group", batch.Group)
            .With("at", batch.CreatedAt)
            .With("actor", batch.CreatedBy)
            .Execute();
        transaction.Audit(
            AuditActions.ClaimBatchCreated, batch.CreatedBy, batch.CreatedAt, HolderKind.Claim, batch.Name, null, batch.Group);
        return batch;
    }

    private static Outcome<int> Revoke(
        Transaction transaction, string name, RevocationReason reason, string actor, DateTimeOffset at)
    {
        ClaimBatch batch;
        using (var row = transaction.Sql(ByName).With("name", name).Query())
        {
            if (!row.Read()) return new Refusal(RefusalCode.NotFound, "There is no such claim batch.");
            batch = Read(row);
        }

        var certificates = ReadCertificates(transaction, name);
        if (batch.RevokedAt is null)
        {
            transaction.Sql("UPDATE claim_batches SET revoked_at = @at WHERE name = @name").With("at", at).With("name", name).Execute();
            transaction.Audit(AuditActions.ClaimBatchRevoked, actor, at, HolderKind.Claim, name, null, Words.Of(reason));
        }

        foreach (var serial in certificates) _ = new RevokeOperation(transaction, serial, actor, at).Revoke(reason);
        return certificates.Count;
    }

    private static List<SerialNumber> ReadCertificates(Transaction transaction, string name)
    {
        const string sql = """
            SELECT serial FROM certificates
            WHERE holder = @holder AND holder_kind = 'claim' AND state <> 'revoked' AND state <> 'abandoned'
            """;
        using var row = transaction.Sql(sql).With("holder", name).Query();
        var all = new List<SerialNumber>();
        while (row.Read())
        {
            if (SerialNumber.TryFromOctets(row.GetFieldValue<byte[]>(0), out var serial)) all.Add(serial);
        }

        return all;
    }

    private static async ValueTask<ClaimBatch?> FindAsync(Session session, string name, CancellationToken ct)
    {
        await using var row = await session.Sql(ByName).With("name", name).QueryAsync(ct);
        return await row.ReadAsync(ct) ? Read(row) : null;
    }

    private static ClaimBatch Read(DbDataReader row) => new()
    {
        Name = row.GetString(0),
        Group = row.GetString(1),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
        CreatedBy = row.GetString(3),
        RevokedAt = row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
    };
}
