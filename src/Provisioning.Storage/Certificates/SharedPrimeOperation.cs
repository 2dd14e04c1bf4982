using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>The transaction that acts on a shared prime, as <see cref="IKeySearchStore.RecordSharedPrimeAsync"/> specifies it.</summary>
internal sealed class SharedPrimeOperation(Transaction transaction, SharedPrime finding, DateTimeOffset at)
{
    private const string Reason = "shared-prime";

    public int Run()
    {
        var news = new[] { (Key: finding.First, Other: finding.Second), (Key: finding.Second, Other: finding.First) }
            .Where(pair => IsNew(pair.Key))
            .ToList();
        var devices = news.Select(pair => pair.Key.DeviceId).Distinct().Where(MayBeQuarantined).ToList();
        foreach (var (key, other) in news) Block(key, other);
        foreach (var device in devices) CloneMarks.Quarantine(transaction, device, Reason, at);
        return news.Count;
    }

    private bool IsNew(RsaModulus key)
    {
        const string sql = "SELECT 1 FROM rsa_keys WHERE key_thumbprint = @key AND shared_at IS NULL";
        using var row = transaction.Sql(sql).With("key", key.KeyThumbprint.ToOctets()).Query();
        return row.Read();
    }

    // A suspended one too: it would be resumed with a key that others have.
    private bool MayBeQuarantined(string device)
    {
        const string sql = """
            SELECT 1 FROM devices WHERE device_id = @device_id AND state <> 'quarantined' AND state <> 'decommissioned'
            """;
        using var row = transaction.Sql(sql).With("device_id", device).Query();
        return row.Read();
    }

    private void Block(RsaModulus key, RsaModulus other)
    {
        transaction.Sql("UPDATE rsa_keys SET shared_at = @at WHERE key_thumbprint = @key")
            .With("at", at)
            .With("key", key.KeyThumbprint.ToOctets())
            .Execute();
        BlockedKeys.Block(transaction, key.KeyThumbprint, HolderKind.Device, key.DeviceId, Reason, at);
        transaction.Audit(
            AuditActions.KeySharesPrime, "service", at, HolderKind.Device, key.DeviceId, null,
            $"{key.KeyThumbprint} {other.KeyThumbprint} {other.DeviceId}");
    }
}
