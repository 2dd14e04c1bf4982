using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Revocation;

/// <summary>The transactions around a CRL.</summary>
internal static class CrlOperations
{
    public static bool Reserve(Transaction transaction, CrlReservation crl)
    {
        const string sql = """
            INSERT INTO crls (authority, number, tbs_hash, this_update, next_update, entries)
            SELECT @authority, @number, @tbs_hash, @this_update, @next_update, @entries
            WHERE NOT EXISTS (SELECT 1 FROM crls WHERE authority = @authority AND number >= @number)
            """;
        return transaction.Sql(sql)
            .With("authority", crl.Authority)
            .With("number", crl.Number)
            .With("tbs_hash", crl.TbsHash.ToOctets())
            .With("this_update", crl.ThisUpdate)
            .With("next_update", crl.NextUpdate)
            .With("entries", crl.Entries)
            .Execute() == 1;
    }

    public static bool Record(Transaction transaction, CrlReservation crl, Digest crlHash)
    {
        const string sql = """
            UPDATE crls SET crl_hash = @crl_hash
            WHERE authority = @authority AND number = @number AND tbs_hash = @tbs_hash AND crl_hash IS NULL
            """;
        var changed = transaction.Sql(sql)
            .With("crl_hash", crlHash.ToOctets())
            .With("authority", crl.Authority)
            .With("number", crl.Number)
            .With("tbs_hash", crl.TbsHash.ToOctets())
            .Execute();
        if (changed == 0) return IsRecorded(transaction, crl, crlHash);
        transaction.Audit(
            AuditActions.CrlIssued, "service", crl.ThisUpdate, HolderKind.Authority, crl.Authority, null,
            $"{crl.Authority} {crl.Number} {crlHash}");
        return true;
    }

    // The same again, after an answer that got lost on the way.
    private static bool IsRecorded(Transaction transaction, CrlReservation crl, Digest crlHash)
    {
        const string sql = """
            SELECT 1 FROM crls
            WHERE authority = @authority AND number = @number AND tbs_hash = @tbs_hash AND crl_hash = @crl_hash
            """;
        using var row = transaction.Sql(sql)
            .With("authority", crl.Authority)
            .With("number", crl.Number)
            .With("tbs_hash", crl.TbsHash.ToOctets())
            .With("crl_hash", crlHash.ToOctets())
            .Query();
        return row.Read();
    }
}
