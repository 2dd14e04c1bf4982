using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Manifests;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Manifests;

/// <inheritdoc/>
internal sealed class ManifestSignerStore(Writer writer, Readers readers) : IManifestSignerStore
{
    private const string Columns = "name, certificate, added_at, added_by, withdrawn_at";

    private const string ByName = $"SELECT {Columns} FROM manifest_signers WHERE name = @name";

    public Task<Outcome<ManifestSigner>> AddSignerAsync(ManifestSigner signer, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, signer), ct);

    public async Task<IReadOnlyList<ManifestSigner>> ListSignersAsync(CancellationToken ct)
    {
        var all = new List<ManifestSigner>();
        await foreach (var signer in readers.StreamAsync(
            session => session.Sql($"SELECT {Columns} FROM manifest_signers ORDER BY name"), Read, ct))
        {
            all.Add(signer);
        }

        return all;
    }

    public Task<Outcome<ManifestSigner>> WithdrawSignerAsync(string name, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Withdraw(transaction, name, actor, at), ct);

    private static Outcome<ManifestSigner> Add(Transaction transaction, ManifestSigner signer)
    {
        if (Find(transaction, signer.Name) is not null)
            return new Refusal(RefusalCode.AlreadyExists, $"There is or was a manifest signer '{signer.Name}'. Take another name.");
        const string sql = """
            INSERT INTO manifest_signers (name, certificate, added_at, added_by) VALUES (@name, @certificate, @at, @actor)
            """;
        transaction.Sql(sql)
            .With("name", signer.Name)
            .With("certificate", signer.Certificate.ToArray())
            .With("at", signer.AddedAt)
            .With("actor", signer.AddedBy)
            .Execute();
        transaction.Audit(
            AuditActions.ManifestSignerAdded, signer.AddedBy, signer.AddedAt, null, null, null, $"{signer.Name} {signer.Thumbprint}");
        return signer;
    }

    private static Outcome<ManifestSigner> Withdraw(Transaction transaction, string name, string actor, DateTimeOffset at)
    {
        if (Find(transaction, name) is not { } signer) return new Refusal(RefusalCode.NotFound, "There is no such manifest signer.");
        if (signer.WithdrawnAt is not null) return signer;
        transaction.Sql("UPDATE manifest_signers SET withdrawn_at = @at WHERE name = @name").With("at", at).With("name", name).Execute();
        transaction.Audit(AuditActions.ManifestSignerWithdrawn, actor, at, null, null, null, name);
        return signer with { WithdrawnAt = at };
    }

    private static ManifestSigner? Find(Transaction transaction, string name)
    {
        using var row = transaction.Sql(ByName).With("name", name).Query();
        return row.Read() ? Read(row) : null;
    }

    private static ManifestSigner Read(DbDataReader row) => new()
    {
        Name = row.GetString(0),
        Certificate = row.GetFieldValue<byte[]>(1),
        AddedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
        AddedBy = row.GetString(3),
        WithdrawnAt = row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
    };
}
