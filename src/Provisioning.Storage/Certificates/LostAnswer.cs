using Provisioning.Core.Certificates;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>
/// An answer with a key that was made here cannot be given again: the key was in it, and nowhere else. So the same request is admitted again for a
/// while, on the use of a token and the unit that it was admitted on, as long as nobody has shown what it was given; everything else is decided anew.
/// </summary>
/// <param name="Given">The current certificate of the device, which the same request was given.</param>
/// <param name="Times">How often in a row that was made up for a lost one.</param>
internal sealed record LostAnswer(CertificateRecord Given, long Times)
{
    // Whoever lost an answer asks again within a day, also after an outage, and not often: what is seen at a broker only is not seen here.
    private const int Most = 5;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

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

    /// <summary>Finds the current certificate of the device, when the same request of the same requester was given it.</summary>
    /// <returns>It, whether it may be made up for or not; or null.</returns>
    internal static LostAnswer? Find(Transaction transaction, Reservation reservation)
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns}, c.lost_answers FROM certificates c
            WHERE c.holder = @holder AND c.slot = @slot AND c.holder_kind = 'device' AND c.state = 'current'
                AND c.requester = @requester AND c.request_hash = @request_hash
            """;
        using var row = transaction.Sql(sql)
            .With("holder", reservation.Holder)
            .With("slot", reservation.Slot)
            .With("requester", reservation.Requester)
            .With("request_hash", reservation.RequestHash.ToOctets())
            .Query();
        return row.Read() ? new LostAnswer(CertificateRow.Read(row), row.GetInt64(CertificateRow.Count)) : null;
    }

    /// <summary>Asks whether another key may be made instead. Where an administrator looks at each, no time has to be kept.</summary>
    internal bool MayBeMadeUpFor(Reservation reservation) =>
        Given.SeenAt is null
        && Given.NotAfter >= reservation.At
        && Times < Most
        && (reservation.Admission is { NeedsApproval: true } || Given.ReservedAt > reservation.At - Longest);

    /// <summary>Asks, when the next certificate is signed, whether this one may still be given up: what was shown meanwhile was not lost.</summary>
    internal static bool IsStillLost(Transaction transaction, SerialNumber replaced)
    {
        using var row = transaction.Sql("SELECT 1 FROM certificates WHERE serial = @serial AND state = 'current' AND seen_at IS NULL")
            .With("serial", replaced.ToOctets())
            .Query();
        return row.Read();
    }
}
