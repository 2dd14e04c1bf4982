using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Storage.Authorities;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Audit;

/// <inheritdoc/>
internal sealed class AuditStore(IEngine engine, Readers readers) : IAuditStore
{
    private const string Entries = $"SELECT {AuditRow.Columns} FROM audit WHERE sequence >= @from ORDER BY sequence";

    private const string Certificates = $"""
        SELECT {CertificateRow.Columns}, d.der FROM certificates c
        LEFT JOIN certificate_der d ON d.serial = c.serial AND d.authority = c.authority
        """;

    public IAsyncEnumerable<AuditEntry> ReadAuditAsync(long fromSequence, CancellationToken ct) =>
        readers.StreamAsync(session => session.Sql(Entries).With("from", fromSequence), AuditRow.Read, ct);

    public IAsyncEnumerable<StoredCertificate> ReadCertificatesAsync(CancellationToken ct) =>
        readers.StreamAsync(session => session.Sql(Certificates), CertificateRow.ReadStored, ct);

    public ValueTask<string?> ReadClockAcceptedAsync(CancellationToken ct) =>
        readers.ReadAsync(AuthorityStore.ReadClockAcceptedAsync, (object?)null, ct);

    public async Task<IReadOnlyList<string>> CheckIntegrityAsync(CancellationToken ct) =>
        await readers.ReadAsync(
            async (session, _, token) => await engine.CheckIntegrityAsync(session, token), (object?)null, ct);
}
