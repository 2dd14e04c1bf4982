using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Revocation;

namespace Provisioning.Storage.Certificates;

/// <inheritdoc/>
internal sealed class SuccessionStore(Writer writer) : ISuccessionStore
{
    private const string Actor = "service";

    public Task<int> GiveUpUnconfirmedAsync(
        string group, TimeSpan within, DateTimeOffset at, int limit, CancellationToken ct) =>
        writer.RunAsync(transaction => GiveUpUnconfirmed(transaction, group, within, at, limit), ct);

    public Task<(int Seen, IReadOnlyList<string> Authorities)> RevokeSupersededAsync(DateTimeOffset at, int limit, CancellationToken ct) =>
        writer.RunAsync(transaction => RevokeSuperseded(transaction, at, limit), ct);

    private static int GiveUpUnconfirmed(
        Transaction transaction, string group, TimeSpan within, DateTimeOffset at, int limit)
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns} FROM certificates c
            WHERE c.group_name = @group AND c.holder_kind = 'device' AND c.state = 'issued' AND c.issued_at <= @before AND c.not_after >= @at
                AND EXISTS (SELECT 1 FROM certificates o WHERE o.holder = c.holder AND o.slot = c.slot
                    AND o.holder_kind = 'device' AND o.state = 'current' AND o.last_seen_at >= c.issued_at + @within)
            ORDER BY c.issued_at LIMIT @limit
            """;
        var stale = new List<CertificateRecord>();
        using (var row = transaction.Sql(sql)
            .With("group", group)
            .With("before", at - within)
            .With("at", at)
            .With("within", (long)within.TotalMilliseconds)
            .With("limit", limit)
            .Query())
        {
            while (row.Read())
                if (CertificateRow.TryRead(row) is { } good) stale.Add(good);
        }

        foreach (var certificate in stale)
        {
            CertificateStates.Displace(transaction, certificate);
            CertificateStates.Audit(transaction, AuditActions.CertificateNotConfirmed, Actor, at, certificate, null);
        }

        return stale.Count;
    }

    private static (int Seen, IReadOnlyList<string> Authorities) RevokeSuperseded(Transaction transaction, DateTimeOffset at, int limit)
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns} FROM certificates c
            WHERE c.revoke_at IS NOT NULL AND c.revoke_at <= @at AND c.state <> 'held' ORDER BY c.revoke_at LIMIT @limit
            """;
        var due = new List<CertificateRecord>();
        using (var row = transaction.Sql(sql).With("at", at).With("limit", limit).Query())
        {
            while (row.Read())
                if (CertificateRow.TryRead(row) is { } good) due.Add(good);
        }

        var authorities = new HashSet<string>();
        foreach (var certificate in due)
        {
            if (certificate is { State: CertificateState.Superseded } && certificate.NotAfter >= at)
            {
                new RevokeOperation(transaction, certificate.SerialNumber, Actor, at).Revoke(RevocationReason.Superseded);
                authorities.Add(certificate.Authority);
            }
            else
            {
                transaction.Sql("UPDATE certificates SET revoke_at = NULL WHERE serial = @serial AND authority = @authority")
                    .With("serial", certificate.SerialNumber.ToOctets())
                    .With("authority", certificate.Authority)
                    .Execute();
            }
        }

        return (due.Count, [.. authorities]);
    }
}
