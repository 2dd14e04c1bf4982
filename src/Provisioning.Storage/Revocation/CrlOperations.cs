using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Revocation;

/// <summary>The transactions around a CRL.</summary>
internal static class CrlOperations
{
    /// <summary>What <see cref="Read"/> expects, in its order.</summary>
    public const string Columns =
        "number, tbs_hash, this_update, next_update, entries, crl_hash, base_number, sequence, scope";

    public static CrlRecord Read(CrlScope scope, DbDataReader row)
    {
        var reserved = new CrlReservation(
            scope.Authority,
            row.GetInt64(0),
            Digest.FromOctets(row.GetFieldValue<byte[]>(1)),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            (int)row.GetInt64(4))
        {
            Shard = scope.Shard,
            BaseNumber = row.IsDBNull(6) ? null : row.GetInt64(6),
            Sequence = row.IsDBNull(7) ? null : row.GetInt64(7),
            DistributionPoint = row.IsDBNull(8) ? null : Digest.FromOctets(row.GetFieldValue<byte[]>(8)),
        };
        return new CrlRecord(reserved, row.IsDBNull(5) ? null : Digest.FromOctets(row.GetFieldValue<byte[]>(5)));
    }

    public static bool Reserve(Transaction transaction, CrlReservation crl)
    {
        const string sql = """
            INSERT INTO crls (authority, shard, number, base_number, sequence, scope, tbs_hash, this_update, next_update, entries)
            SELECT @authority, @shard, @number, @base_number, @sequence, @scope,
                @tbs_hash, @this_update, @next_update, @entries
            WHERE NOT EXISTS (SELECT 1 FROM crls WHERE authority = @authority AND shard = @shard AND number >= @number)
            """;
        return transaction.Sql(sql)
            .With("authority", crl.Authority)
            .With("shard", crl.Shard)
            .With("number", crl.Number)
            .With("base_number", crl.BaseNumber)
            .With("sequence", crl.Sequence)
            .With("scope", crl.DistributionPoint?.ToOctets())
            .With("tbs_hash", crl.TbsHash.ToOctets())
            .With("this_update", crl.ThisUpdate)
            .With("next_update", crl.NextUpdate)
            .With("entries", crl.Entries)
            .Execute() == 1;
    }

    public static int Keep(Transaction transaction, CrlReservation crl, int piece, byte[] octets)
    {
        const string sql = """
            INSERT INTO crl_pieces (authority, shard, number, piece, is_delta, octets)
            VALUES (@authority, @shard, @number, @piece, @is_delta, @octets)
            ON CONFLICT (authority, shard, number, piece) DO UPDATE SET octets = excluded.octets
            """;
        return transaction.Sql(sql)
            .With("authority", crl.Authority)
            .With("shard", crl.Shard)
            .With("number", crl.Number)
            .With("piece", piece)
            .With("is_delta", crl.BaseNumber is null ? 0 : 1)
            .With("octets", octets)
            .Execute();
    }

    /// <returns>Null when it was not reserved like this; false when it comes too late.</returns>
    public static bool? Record(Transaction transaction, CrlReservation crl, Digest crlHash)
    {
        if (Ask(transaction, crl, crlHash) is not var (isNewer, isRecorded, isReserved)) return null;

        // The same again, after an answer that got lost on the way.
        if (isRecorded) return true;
        if (isNewer) return false;
        if (!isReserved) return null;
        const string sql = "UPDATE crls SET crl_hash = @crl_hash WHERE authority = @authority AND shard = @shard AND number = @number";
        transaction.Sql(sql)
            .With("crl_hash", crlHash.ToOctets())
            .With("authority", crl.Authority)
            .With("shard", crl.Shard)
            .With("number", crl.Number)
            .Execute();
        DropOlderPieces(transaction, crl);
        transaction.Audit(
            AuditActions.CrlIssued, "service", crl.ThisUpdate, HolderKind.Authority, crl.Authority, null,
            $"{crl.Scope} {crl.Number} {crlHash}");
        return true;
    }

    private static (bool IsNewer, bool IsRecorded, bool IsReserved)? Ask(Transaction transaction, CrlReservation crl, Digest crlHash)
    {
        const string sql = """
            SELECT EXISTS (SELECT 1 FROM crls n
                    WHERE n.authority = @authority AND n.shard = @shard AND n.number > @number AND n.crl_hash IS NOT NULL),
                crl_hash
            FROM crls WHERE authority = @authority AND shard = @shard AND number = @number AND tbs_hash = @tbs_hash
            """;
        using var row = transaction.Sql(sql)
            .With("authority", crl.Authority)
            .With("shard", crl.Shard)
            .With("number", crl.Number)
            .With("tbs_hash", crl.TbsHash.ToOctets())
            .Query();
        if (!row.Read()) return null;
        var known = row.IsDBNull(1) ? (Digest?)null : Digest.FromOctets(row.GetFieldValue<byte[]>(1));
        return (row.GetBoolean(0), known == crlHash, known is null);
    }

    private static void DropOlderPieces(Transaction transaction, CrlReservation crl)
    {
        const string sql = """
            DELETE FROM crl_pieces
            WHERE authority = @authority AND shard = @shard AND number < @number AND is_delta = @is_delta
            """;
        transaction.Sql(sql)
            .With("authority", crl.Authority)
            .With("shard", crl.Shard)
            .With("number", crl.Number)
            .With("is_delta", crl.BaseNumber is null ? 0 : 1)
            .Execute();
    }
}
