using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation;

/// <inheritdoc/>
internal sealed class CertificateStatusStore(Readers readers, StatusVersion? version) : ICertificateStatusStore
{
    private const string Sql = """
        SELECT state, thumbprint, not_after, revoked_at, revocation_reason FROM certificates
        WHERE serial = @serial AND authority = @authority
        """;

    public long? Version => version?.Current;

    public ValueTask<CertificateStatusRow?> FindStatusAsync(string authority, SerialNumber serialNumber, CancellationToken ct) =>
        readers.ReadAsync(ReadAsync, (authority, serialNumber), ct);

    private static async ValueTask<CertificateStatusRow?> ReadAsync(
        Session session, (string Authority, SerialNumber SerialNumber) one, CancellationToken ct)
    {
        await using var row = await session.Sql(Sql).With("serial", one.SerialNumber.ToOctets()).With("authority", one.Authority).QueryAsync(ct);
        return await row.ReadAsync(ct) ? Read(row) : null;
    }

    private static CertificateStatusRow Read(DbDataReader row) => new(
        Words.ToCertificateState(row.GetString(0)),
        IsSigned: !row.IsDBNull(1),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
        row.IsDBNull(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        row.IsDBNull(4) ? null : (RevocationReason)row.GetInt64(4));
}
