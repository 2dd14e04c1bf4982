using System.Data.Common;
using System.Globalization;
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

    private const string InUse = $"""
        SELECT {CertificateRow.Columns}, EXISTS (SELECT 1 FROM certificates n
                WHERE n.holder = c.holder AND n.slot = c.slot AND n.holder_kind = 'device' AND n.state = 'issued'),
            c.late_noted_at
        FROM certificates c
        WHERE c.holder_kind = 'device' AND c.state = 'current' AND c.not_after >= @from
        """;

    private const string Ending = $"""
        {InUse} AND c.not_after < @until
            AND (c.not_after, c.serial) > (@not_after, @serial)
        """;

    private const string Watched = $"""
        {InUse} AND (c.not_after < @until
            OR (c.not_after - @from) * 1000 <= (c.not_after - c.reserved_at) * @per_mille
            OR EXISTS (SELECT 1 FROM campaigns k WHERE k.group_name = COALESCE(c.group_name, '{EnrollmentGroup.DefaultName}')
                AND k.stopped_at IS NULL AND k.ends_at <= @from AND c.reserved_at < k.starts_at))
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
                    .With("from", from)
                    .With("until", until)
                    .With("not_after", after?.Number ?? long.MinValue)
                    .With("serial", after is { } cursor && SerialNumber.TryParse(cursor.Text, out var serial) ? serial.ToOctets() : []);
            },
            Read,
            ct).OfType<ExpiringCertificate>();

    public IAsyncEnumerable<ExpiringCertificate> ReadWatchedAsync(DateTimeOffset now, DateTimeOffset until, double left, CancellationToken ct) =>
        readers.StreamAsync(
            session => session.Sql($"{Watched} {InOrder}")
                .With("from", now)
                .With("until", until)
                .With("per_mille", (long)Math.Ceiling(left * 1000)),
            Read,
            ct).OfType<ExpiringCertificate>();

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
}
