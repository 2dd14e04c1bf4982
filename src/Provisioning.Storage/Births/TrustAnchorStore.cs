using System.Data.Common;
using System.Text.Json;
using Provisioning.Core.Audit;
using Provisioning.Core.Births;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Births;

/// <inheritdoc/>
internal sealed class TrustAnchorStore(Writer writer, Readers readers) : ITrustAnchorStore
{
    private const string RevisionByName = "SELECT revision, withdrawn_at FROM trust_anchors WHERE name = @name";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<IReadOnlyList<TrustAnchor>> ListAnchorsAsync(CancellationToken ct)
    {
        const string sql = """
            SELECT a.name, a.group_name, a.certificate, a.definition, a.revision, a.created_at, a.created_by, a.withdrawn_at, c.issuer, c.crl
            FROM trust_anchors a LEFT JOIN trust_anchor_crls c ON c.anchor = a.name
            ORDER BY a.name
            """;
        var all = new List<TrustAnchor>();
        await foreach (var (anchor, issuer, crl) in readers.StreamAsync(session => session.Sql(sql), ReadJoined, ct))
        {
            // A row for each CRL, and one for an anchor without any.
            if (all.Count == 0 || all[^1].Name != anchor.Name) all.Add(anchor);
            if (issuer is { } key && crl is not null) all[^1] = WithCrl(all[^1], key, crl);
        }

        return all;
    }

    public ValueTask<(long Revision, bool IsWithdrawn)?> FindAnchorStateAsync(string name, CancellationToken ct) =>
        readers.ReadAsync(FindStateAsync, name, ct);

    public Task<Outcome<long>> AddAnchorAsync(TrustAnchor anchor, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, anchor), ct);

    public Task<Outcome<long>> SetCrlAsync(
        string name, Digest issuer, ManufacturerCrl crl, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => SetCrl(transaction, name, issuer, crl, actor, at), ct);

    public Task<Outcome<long>> WithdrawAsync(string name, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Withdraw(transaction, name, actor, at), ct);

    private static Outcome<long> Add(Transaction transaction, TrustAnchor anchor)
    {
        if (ReadRevision(transaction, anchor.Name) is not null)
            return new Refusal(RefusalCode.AlreadyExists, $"There is or was a trust anchor '{anchor.Name}'. Take another name.");
        const string sql = """
            INSERT INTO trust_anchors (name, group_name, certificate, definition, revision, created_at, created_by)
            VALUES (@name, @group, @certificate, @definition, 1, @at, @actor)
            """;
        var definition = anchor.Definition;
        var certificate = definition.Certificate.ToArray();
        transaction.Sql(sql)
            .With("name", anchor.Name)
            .With("group", definition.Group)
            .With("certificate", certificate)
            .With("definition", JsonSerializer.Serialize(Rest.Of(definition), Json))
            .With("at", anchor.CreatedAt)
            .With("actor", anchor.CreatedBy)
            .Execute();
        transaction.Audit(
            AuditActions.TrustAnchorAdded, anchor.CreatedBy, anchor.CreatedAt, null, null, null,
            $"{anchor.Name} {definition.Group} {Digest.Of(certificate)}");
        return 1;
    }

    private static Outcome<long> SetCrl(
        Transaction transaction, string name, Digest issuer, ManufacturerCrl crl, string actor, DateTimeOffset at)
    {
        if (ReadRevision(transaction, name) is not { IsWithdrawn: false, Revision: var revision })
            return new Refusal(RefusalCode.NotFound, "There is no such trust anchor.");
        if (ReadNumber(transaction, name, issuer) >= crl.Status.Number)
            return new Refusal(RefusalCode.BadCrl, "A CRL that is as new is on record.");
        const string upsert = """
            INSERT INTO trust_anchor_crls (anchor, issuer, number, crl) VALUES (@anchor, @issuer, @number, @crl)
            ON CONFLICT (anchor, issuer) DO UPDATE SET number = excluded.number, crl = excluded.crl
            """;
        transaction.Sql(upsert)
            .With("anchor", name)
            .With("issuer", issuer.ToOctets())
            .With("number", crl.Status.Number)
            .With("crl", crl.Der.ToArray())
            .Execute();
        Bump(transaction, name);
        transaction.Audit(
            AuditActions.TrustAnchorCrl, actor, at, null, null, null, $"{name} {crl.Status.Number} {crl.Status.Hash}");
        return revision + 1;
    }

    private static Outcome<long> Withdraw(Transaction transaction, string name, string actor, DateTimeOffset at)
    {
        if (ReadRevision(transaction, name) is not var (revision, isWithdrawn))
            return new Refusal(RefusalCode.NotFound, "There is no such trust anchor.");
        if (isWithdrawn) return revision;
        transaction.Sql("UPDATE trust_anchors SET withdrawn_at = @at WHERE name = @name").With("at", at).With("name", name).Execute();
        Bump(transaction, name);
        transaction.Audit(AuditActions.TrustAnchorWithdrawn, actor, at, null, null, null, name);
        return revision + 1;
    }

    private static void Bump(Transaction transaction, string name) =>
        transaction.Sql("UPDATE trust_anchors SET revision = revision + 1 WHERE name = @name").With("name", name).Execute();

    private static (long Revision, bool IsWithdrawn)? ReadRevision(Transaction transaction, string name)
    {
        using var row = transaction.Sql(RevisionByName).With("name", name).Query();
        return row.Read() ? ReadState(row) : null;
    }

    private static (long Revision, bool IsWithdrawn) ReadState(DbDataReader row) => (row.GetInt64(0), !row.IsDBNull(1));

    private static long? ReadNumber(Transaction transaction, string name, Digest issuer)
    {
        using var row = transaction.Sql("SELECT number FROM trust_anchor_crls WHERE anchor = @anchor AND issuer = @issuer")
            .With("anchor", name)
            .With("issuer", issuer.ToOctets())
            .Query();
        return row.Read() ? row.GetInt64(0) : null;
    }

    private static async ValueTask<(long Revision, bool IsWithdrawn)?> FindStateAsync(Session session, string name, CancellationToken ct)
    {
        await using var row = await session.Sql(RevisionByName).With("name", name).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ReadState(row) : null;
    }

    private static (TrustAnchor Anchor, Digest? Issuer, byte[]? Crl) ReadJoined(DbDataReader row)
    {
        var rest = JsonSerializer.Deserialize<Rest>(row.GetString(3), Json)!;
        var definition = rest.ToDefinition(row.GetString(1), row.GetFieldValue<byte[]>(2));
        if (!TrustAnchor.Create(row.GetString(0), definition).TryGet(out var anchor, out var refusal))
            throw new InvalidDataException($"The trust anchor '{row.GetString(0)}' is on record and cannot be used: {refusal.Detail}");
        anchor = anchor with
        {
            Revision = row.GetInt64(4),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
            CreatedBy = row.GetString(6),
            WithdrawnAt = row.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
        };
        return row.IsDBNull(8) ? (anchor, null, null) : (anchor, Digest.FromOctets(row.GetFieldValue<byte[]>(8)), row.GetFieldValue<byte[]>(9));
    }

    private static TrustAnchor WithCrl(TrustAnchor anchor, Digest issuer, byte[] der)
    {
        var crl = ManufacturerCrl.TryRead(der) ?? throw new InvalidDataException($"A CRL of '{anchor.Name}' is on record and cannot be read.");
        return anchor.WithCrl(issuer, crl);
    }

    // What has no column of its own.
    private sealed record Rest(string SerialNumberPattern, string DeviceId, string CrlPolicy, IReadOnlyList<byte[]> Intermediates)
    {
        public static Rest Of(TrustAnchorDefinition definition) => new(
            definition.SerialNumberPattern, definition.DeviceId, Words.Of(definition.CrlPolicy),
            [.. definition.Intermediates.Select(one => one.ToArray())]);

        public TrustAnchorDefinition ToDefinition(string group, byte[] certificate) => new()
        {
            Group = group,
            Certificate = certificate,
            Intermediates = [.. Intermediates.Select(one => (ReadOnlyMemory<byte>)one)],
            SerialNumberPattern = SerialNumberPattern,
            DeviceId = DeviceId,
            CrlPolicy = Words.ToCrlPolicy(CrlPolicy),
        };
    }
}
