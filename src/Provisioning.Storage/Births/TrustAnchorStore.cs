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
            SELECT name, group_name, certificate, definition, revision, created_at, created_by, withdrawn_at FROM trust_anchors ORDER BY name
            """;
        var all = new List<TrustAnchor>();
        await foreach (var anchor in readers.StreamAsync(session => session.Sql(sql), ReadAnchor, ct)) all.Add(anchor);

        // After the anchors: a CRL that is brought in between then has a revision that nobody has seen.
        await foreach (var (issuer, crl) in readers.StreamAsync(session => session.Sql("SELECT issuer, crl FROM trust_anchor_crls"), ReadCrl, ct))
            for (var i = 0; i < all.Count; i++) all[i] = all[i].WithCrl(issuer, crl);
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
        if (ReadNumber(transaction, issuer) >= crl.Status.Number)
            return new Refusal(RefusalCode.BadCrl, "A CRL that is as new is on record.");
        const string upsert = """
            INSERT INTO trust_anchor_crls (issuer, number, crl) VALUES (@issuer, @number, @crl)
            ON CONFLICT (issuer) DO UPDATE SET number = excluded.number, crl = excluded.crl
            """;
        transaction.Sql(upsert)
            .With("issuer", issuer.ToOctets())
            .With("number", crl.Status.Number)
            .With("crl", crl.Der.ToArray())
            .Execute();

        // There are few anchors and few CRLs; which of them have the authority is in their definitions.
        transaction.Sql("UPDATE trust_anchors SET revision = revision + 1 WHERE withdrawn_at IS NULL").Execute();
        transaction.Audit(
            AuditActions.TrustAnchorCrl, actor, at, null, null, null, $"{name} {crl.Status.Number} {crl.Status.Hash}");
        return revision + 1;
    }

    private static Outcome<long> Withdraw(Transaction transaction, string name, string actor, DateTimeOffset at)
    {
        if (ReadRevision(transaction, name) is not var (revision, isWithdrawn))
            return new Refusal(RefusalCode.NotFound, "There is no such trust anchor.");
        if (isWithdrawn) return revision;
        transaction.Sql("UPDATE trust_anchors SET withdrawn_at = @at, revision = revision + 1 WHERE name = @name").With("at", at).With("name", name).Execute();
        transaction.Audit(AuditActions.TrustAnchorWithdrawn, actor, at, null, null, null, name);
        return revision + 1;
    }

    private static (long Revision, bool IsWithdrawn)? ReadRevision(Transaction transaction, string name)
    {
        using var row = transaction.Sql(RevisionByName).With("name", name).Query();
        return row.Read() ? ReadState(row) : null;
    }

    private static (long Revision, bool IsWithdrawn) ReadState(DbDataReader row) => (row.GetInt64(0), !row.IsDBNull(1));

    private static long? ReadNumber(Transaction transaction, Digest issuer)
    {
        using var row = transaction.Sql("SELECT number FROM trust_anchor_crls WHERE issuer = @issuer")
            .With("issuer", issuer.ToOctets())
            .Query();
        return row.Read() ? row.GetInt64(0) : null;
    }

    private static async ValueTask<(long Revision, bool IsWithdrawn)?> FindStateAsync(Session session, string name, CancellationToken ct)
    {
        await using var row = await session.Sql(RevisionByName).With("name", name).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ReadState(row) : null;
    }

    private static TrustAnchor ReadAnchor(DbDataReader row)
    {
        var rest = JsonSerializer.Deserialize<Rest>(row.GetString(3), Json)!;
        var definition = rest.ToDefinition(row.GetString(1), row.GetFieldValue<byte[]>(2));
        if (!TrustAnchor.OnRecord(row.GetString(0), definition).TryGet(out var anchor, out var refusal))
            throw new InvalidDataException($"The trust anchor '{row.GetString(0)}' is on record and cannot be used: {refusal.Detail}");
        return anchor with
        {
            Revision = row.GetInt64(4),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
            CreatedBy = row.GetString(6),
            WithdrawnAt = row.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
        };
    }

    private static (Digest Issuer, ManufacturerCrl Crl) ReadCrl(DbDataReader row)
    {
        var issuer = Digest.FromOctets(row.GetFieldValue<byte[]>(0));
        return (issuer, ManufacturerCrl.TryRead(row.GetFieldValue<byte[]>(1))
            ?? throw new InvalidDataException($"The CRL of the manufacturer's authority {issuer} is on record and cannot be read."));
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
