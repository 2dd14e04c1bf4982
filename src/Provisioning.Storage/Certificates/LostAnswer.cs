using Provisioning.Core.Certificates;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>
/// An answer with a key that was made here cannot be given again: the key was in it, and nowhere else. So the same request is admitted again for a
/// while, on the use of a token and the unit that it was admitted on, as long as nobody has shown what it was given; everything else is decided anew.
/// </summary>
internal static class LostAnswer
{
    // Whoever lost an answer asks again soon, and not often: what is seen at a broker only is not seen here.
    private const int Most = 5;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Asks whether the same request is being worked on.</summary>
    internal static bool IsInWork(Transaction transaction, Reservation reservation)
    {
        const string sql = """
            SELECT 1 FROM certificates
            WHERE holder = @holder AND slot = @slot AND holder_kind = 'device' AND state = 'reserved'
                AND requester = @requester AND request_hash = @request_hash
            """;
        using var row = transaction.Sql(sql)
            .With("holder", reservation.Holder)
            .With("slot", reservation.Slot)
            .With("requester", reservation.Requester)
            .With("request_hash", reservation.RequestHash.ToOctets())
            .Query();
        return row.Read();
    }

    /// <summary>Finds what the same request was given last, when that may be made up for.</summary>
    /// <returns>The current certificate of the device, or null.</returns>
    internal static CertificateRecord? Find(Transaction transaction, Reservation reservation)
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns}, c.request_hash,
                (SELECT COUNT(*) FROM certificates e WHERE e.holder = @holder AND e.slot = @slot AND e.holder_kind = 'device'
                    AND e.requester = @requester AND e.request_hash = @request_hash AND e.thumbprint IS NOT NULL),
                (SELECT MIN(e.reserved_at) FROM certificates e WHERE e.holder = @holder AND e.slot = @slot AND e.holder_kind = 'device'
                    AND e.requester = @requester AND e.request_hash = @request_hash AND e.thumbprint IS NOT NULL)
            FROM certificates c
            WHERE c.holder = @holder AND c.slot = @slot AND c.holder_kind = 'device' AND c.thumbprint IS NOT NULL
            ORDER BY c.reserved_at DESC, c.serial DESC LIMIT 1
            """;
        using var row = transaction.Sql(sql)
            .With("holder", reservation.Holder)
            .With("slot", reservation.Slot)
            .With("requester", reservation.Requester)
            .With("request_hash", reservation.RequestHash.ToOctets())
            .Query();
        if (!row.Read()) return null;
        var last = CertificateRow.Read(row);
        var isSame = last.Requester == reservation.Requester
            && Digest.FromOctets(row.GetFieldValue<byte[]>(CertificateRow.Count)) == reservation.RequestHash;
        var isUnused = last is { State: CertificateState.Current, SeenAt: null } && last.NotAfter >= reservation.At;
        return isSame && isUnused
            && row.GetInt64(CertificateRow.Count + 1) <= Most
            && row.GetInt64(CertificateRow.Count + 2) > (reservation.At - Longest).ToUnixTimeMilliseconds()
            ? last
            : null;
    }
}
