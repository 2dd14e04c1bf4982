using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Expiry;
using Provisioning.Core.Groups;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Expiry;

/// <inheritdoc/>
internal sealed class ExpiryStore(Writer writer, Readers readers) : IExpiryStore
{
    private const string Actor = "service";

    // Greater than any that there is.
    private static readonly byte[] Last = [.. Enumerable.Repeat((byte)0xFF, 21)];

    // Some milliseconds, and far below what a statement of a reader may take, however few of the rows are watched.
    private const int RangeLength = 5_000;

    // The bound of the time alone is for SQLite, which looks no pair up in an index beside it: each range would go through all before it.
    private const string Behind = """
        c.holder_kind = 'device' AND c.state = 'current' AND c.not_after >= @from AND (c.not_after, c.serial) > (@not_after, @serial)
        """;

    private const string InUse = $"""
        SELECT {CertificateRow.Columns}, EXISTS (SELECT 1 FROM certificates n
                WHERE n.holder = c.holder AND n.slot = c.slot AND n.holder_kind = 'device' AND n.state = 'issued'),
            c.late_noted_at
        FROM certificates c
        WHERE {Behind}
        """;

    private const string Ending = $"{InUse} AND c.not_after < @until";

    /// <summary>The place of the last row of a range, watched or not.</summary>
    internal const string EndOfRange = $"SELECT c.not_after, c.serial FROM certificates c WHERE {Behind} {InOrder} LIMIT 1 OFFSET @offset";

    /// <summary>What is watched of a range. What cannot be a time is too: it would overflow, and is told as damaged where it is read.</summary>
    internal const string Watched = $"""
        {InUse} AND c.not_after <= @to_not_after AND (c.not_after, c.serial) <= (@to_not_after, @to_serial) AND (c.not_after < @until
            OR CASE WHEN c.not_after <= 253402300799999 AND c.reserved_at BETWEEN 0 AND 253402300799999
                THEN (c.not_after - @now) * 1000 <= (c.not_after - c.reserved_at) * @per_mille ELSE TRUE END
            OR EXISTS (SELECT 1 FROM campaigns k WHERE k.group_name = COALESCE(c.group_name, '{EnrollmentGroup.DefaultName}')
                AND k.stopped_at IS NULL AND k.ends_at <= @now AND c.reserved_at < k.starts_at))
        {InOrder}
        """;

    // Not a plain comparison: the group's own index would be taken, and a whole group sorted before the first row is seen.
    private const string OfGroup = "AND c.group_name || '' = @group";

    private const string InOrder = "ORDER BY c.not_after, c.serial";

    public IAsyncEnumerable<ExpiringCertificate> ReadExpiringAsync(
        DateTimeOffset from, DateTimeOffset until, string? group, Cursor? after, CancellationToken ct) => readers.StreamAsync(
            session =>
            {
                var statement = group is null
                    ? session.Sql($"{Ending} {InOrder}")
                    : session.Sql($"{Ending} {OfGroup} {InOrder}").With("group", group);
                return statement
                    .With("from", Math.Max(from.ToUnixTimeMilliseconds(), after?.Number ?? long.MinValue))
                    .With("until", until)
                    .With("not_after", after?.Number ?? long.MinValue)
                    .With("serial", after is { } cursor && SerialNumber.TryParse(cursor.Text, out var serial) ? serial.ToOctets() : []);
            },
            Read,
            ct).OfType<ExpiringCertificate>();

    // Range by range: a statement over all that is in use gives nothing for long where little is watched, and takes longer than it may.
    public async IAsyncEnumerable<ExpiringCertificate> ReadWatchedAsync(
        DateTimeOffset now, DateTimeOffset until, double left, [EnumeratorCancellation] CancellationToken ct)
    {
        var watch = new Watch(now, until, (long)Math.Ceiling(left * 1000));
        (long NotAfter, byte[] Serial)? place = (now.ToUnixTimeMilliseconds(), []);
        while (place is { } from)
        {
            (var watched, place) = await readers.ReadAsync(ReadRangeAsync, (watch, from), ct);
            foreach (var one in watched) yield return one;
        }
    }

    public Task<int> NoteLateAsync(IReadOnlyList<SerialNumber> certificates, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => NoteLate(transaction, certificates, at), ct);

    public Task<bool> NoteAuthorityAsync(
        string authority, Digest certificate, int percent, DateTimeOffset notAfter, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => NoteAuthority(transaction, authority, certificate, percent, notAfter, at), ct);

    /// <summary>Reads when an authority ends from what <see cref="NoteAuthority"/> has written; null for anything else.</summary>
    internal static DateTimeOffset? EndOf(string? detail) =>
        DateTimeOffset.TryParseExact(
            detail?.Split(": ", 2)[^1], "u", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
            ? end
            : null;

    // What is watched behind a place, and the end of the range; null after the last one.
    private static async ValueTask<(List<ExpiringCertificate> Watched, (long NotAfter, byte[] Serial)? End)> ReadRangeAsync(
        Session session, (Watch Watch, (long NotAfter, byte[] Serial) From) of, CancellationToken ct)
    {
        (long NotAfter, byte[] Serial)? end = null;
        await using (var row = await Bind(session.Sql(EndOfRange), of.From).With("offset", RangeLength - 1).QueryAsync(ct))
            if (await row.ReadAsync(ct)) end = (row.GetInt64(0), await row.GetFieldValueAsync<byte[]>(1, ct));

        // No serial number is longer, or greater.
        var to = end ?? (long.MaxValue, Last);
        var watched = new List<ExpiringCertificate>();
        await using (var row = await Bind(session.Sql(Watched), of.From)
            .With("to_not_after", to.NotAfter)
            .With("to_serial", to.Serial)
            .With("until", of.Watch.Until)
            .With("now", of.Watch.Now)
            .With("per_mille", of.Watch.PerMille)
            .QueryAsync(ct))
        {
            while (await row.ReadAsync(ct))
                if (Read(row) is { } one) watched.Add(one);
        }

        return (watched, end);
    }

    private static Statement Bind(Statement statement, (long NotAfter, byte[] Serial) from) => statement
        .With("from", from.NotAfter)
        .With("not_after", from.NotAfter)
        .With("serial", from.Serial);

    private static ExpiringCertificate? Read(DbDataReader row) => CertificateRow.TryRead(row) is { } certificate
        ? new ExpiringCertificate(certificate, row.GetBoolean(CertificateRow.Count), !row.IsDBNull(CertificateRow.Count + 1))
        : null;

    private static int NoteLate(Transaction transaction, IReadOnlyList<SerialNumber> certificates, DateTimeOffset at)
    {
        const string sql = """
            UPDATE certificates SET late_noted_at = @at
            WHERE serial = @serial AND authority = @authority AND holder_kind = 'device' AND state = 'current' AND late_noted_at IS NULL
            """;
        var noted = 0;
        foreach (var known in certificates.Select(serial => CertificateRow.Find(transaction, serial)).OfType<CertificateRecord>().ToList())
        {
            var changed = transaction.Sql(sql)
                .With("at", at)
                .With("serial", known.SerialNumber.ToOctets())
                .With("authority", known.Authority)
                .Execute();
            if (changed == 0) continue;
            noted++;
            CertificateStates.Audit(
                transaction, AuditActions.RenewalLate, Actor, at, known, known.NotAfter.ToString("u", CultureInfo.InvariantCulture));
        }

        return noted;
    }

    private static bool NoteAuthority(
        Transaction transaction, string authority, Digest certificate, int percent, DateTimeOffset notAfter, DateTimeOffset at)
    {
        const string sql = """
            INSERT INTO authority_notices (certificate, percent, noted_at)
            SELECT @certificate, @percent, @at WHERE NOT EXISTS (SELECT 1 FROM authority_notices WHERE certificate = @certificate AND percent <= @percent)
            """;
        var added = transaction.Sql(sql).With("certificate", certificate.ToOctets()).With("percent", percent).With("at", at).Execute();
        if (added == 0) return false;
        var detail = string.Create(CultureInfo.InvariantCulture, $"{authority} {percent} %: {notAfter:u}");
        transaction.Audit(AuditActions.AuthorityExpiring, Actor, at, HolderKind.Authority, authority, null, detail);
        return true;
    }

    private sealed record Watch(DateTimeOffset Now, DateTimeOffset Until, long PerMille);
}
