using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation;

/// <inheritdoc/>
internal sealed class RevocationStore(Writer writer, Readers readers) : IRevocationStore
{
    public Task<Outcome<CertificateRecord>> RevokeAsync(
        SerialNumber serialNumber, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(
            transaction => new RevokeOperation(transaction, serialNumber, actor, at).Revoke(reason), ct);

    public Task<Outcome<CertificateRecord>> ReleaseAsync(
        SerialNumber serialNumber, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new RevokeOperation(transaction, serialNumber, actor, at).Release(), ct);

    public IAsyncEnumerable<RevokedEntry> ReadRevokedAsync(
        string authority, DateTimeOffset notExpiredBefore, CancellationToken ct)
    {
        const string sql = """
            SELECT serial, revoked_at, revocation_reason FROM certificates
            WHERE authority = @authority AND not_after >= @not_expired_before AND state IN ('revoked', 'held')
            ORDER BY not_after, serial
            """;
        return readers.StreamAsync(
            session => session.Sql(sql).With("authority", authority).With("not_expired_before", notExpiredBefore),
            row => new RevokedEntry(
                row.GetFieldValue<byte[]>(0),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
                (RevocationReason)row.GetInt64(2)),
            ct);
    }

    public Task<bool> ReserveCrlAsync(CrlReservation crl, CancellationToken ct) =>
        writer.RunAsync(transaction => CrlOperations.Reserve(transaction, crl), ct);

    public async Task RecordCrlAsync(CrlReservation crl, Digest crlHash, CancellationToken ct)
    {
        if (!await writer.RunAsync(transaction => CrlOperations.Record(transaction, crl, crlHash), ct, wasLetIn: true))
            throw new InvalidOperationException($"CRL {crl.Number} of {crl.Authority} was not reserved like this.");
    }

    public ValueTask<CrlRecord?> LastCrlAsync(string authority, CancellationToken ct) =>
        readers.ReadAsync(ReadLastCrlAsync, authority, ct);

    private static async ValueTask<CrlRecord?> ReadLastCrlAsync(Session session, string authority, CancellationToken ct)
    {
        const string sql = """
            SELECT number, tbs_hash, this_update, next_update, entries, crl_hash FROM crls
            WHERE authority = @authority ORDER BY number DESC LIMIT 1
            """;
        await using var row = await session.Sql(sql).With("authority", authority).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ToCrl(authority, row) : null;
    }

    private static CrlRecord ToCrl(string authority, DbDataReader row)
    {
        var reserved = new CrlReservation(
            authority,
            row.GetInt64(0),
            Digest.FromOctets(row.GetFieldValue<byte[]>(1)),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            (int)row.GetInt64(4));
        return new CrlRecord(reserved, row.IsDBNull(5) ? null : Digest.FromOctets(row.GetFieldValue<byte[]>(5)));
    }
}
