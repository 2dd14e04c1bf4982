using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Lots;
using Provisioning.Storage.Authorities;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Lots;
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

    // What a reservation took is taken until it is given up, or revoked before it was signed. A unit is a device of the lot with a
    // certificate for it.
    private const string Mismatches = """
        SELECT 'Lot', l.name, 'issued units', l.issued, COALESCE(n.found, 0) FROM lots l
        LEFT JOIN (SELECT d.lot, COUNT(*) AS found FROM devices d
            WHERE d.lot IS NOT NULL AND EXISTS (SELECT 1 FROM certificates c
                WHERE c.holder = d.device_id AND c.holder_kind = 'device' AND c.lot = d.lot
                    AND (c.state = 'reserved' OR c.thumbprint IS NOT NULL))
            GROUP BY d.lot) n ON n.lot = l.name
        WHERE l.issued <> COALESCE(n.found, 0)
        UNION ALL
        SELECT 'Lot', l.name, 'scrapped units', l.scrapped, COALESCE(n.found, 0) FROM lots l
        LEFT JOIN (SELECT lot, COUNT(*) AS found FROM lot_units WHERE scrapped_at IS NOT NULL GROUP BY lot) n ON n.lot = l.name
        WHERE l.scrapped <> COALESCE(n.found, 0)
        UNION ALL
        SELECT 'Lot', l.name, 'listed units', l.listed, COALESCE(n.found, 0) FROM lots l
        LEFT JOIN (SELECT lot, COUNT(*) AS found FROM lot_units WHERE is_listed = 1 GROUP BY lot) n ON n.lot = l.name
        WHERE l.listed <> COALESCE(n.found, 0)
        UNION ALL
        SELECT 'Token', t.id, 'uses', t.used, COALESCE(n.found, 0) FROM tokens t
        LEFT JOIN (SELECT token, COUNT(*) AS found FROM certificates
            WHERE token IS NOT NULL AND state <> 'abandoned' AND NOT (state = 'revoked' AND thumbprint IS NULL) GROUP BY token) n
            ON n.token = t.id
        WHERE t.used <> COALESCE(n.found, 0)
        """;

    private const string Reports = $"SELECT {LotRow.Columns}, l.report FROM lots l WHERE l.report IS NOT NULL ORDER BY l.name";

    public IAsyncEnumerable<CounterMismatch> ReadMismatchesAsync(CancellationToken ct) => readers.StreamAsync(
        session => session.Sql(Mismatches),
        row => new CounterMismatch(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)),
        ct);

    public IAsyncEnumerable<(Lot Lot, string Report)> ReadReportsAsync(CancellationToken ct) =>
        readers.StreamAsync(session => session.Sql(Reports), row => (LotRow.Read(row), row.GetString(LotRow.Count)), ct);

    public IAsyncEnumerable<AuditEntry> ReadAuditAsync(long fromSequence, CancellationToken ct) =>
        readers.StreamAsync(session => session.Sql(Entries).With("from", fromSequence), AuditRow.Read, ct);

    public ValueTask<AuditAnchor> ReadHeadAsync(CancellationToken ct) => readers.ReadAsync(
        static async (session, _, token) =>
        {
            await using var row = await session.Sql(AuditTrail.Head).QueryAsync(token);
            return await row.ReadAsync(token) ? AuditTrail.ReadHead(row) : new AuditAnchor(0, AuditChain.Genesis);
        },
        (object?)null,
        ct);

    public IAsyncEnumerable<StoredCertificate> ReadCertificatesAsync(CancellationToken ct) =>
        readers.StreamAsync(session => session.Sql(Certificates), CertificateRow.ReadStored, ct);

    public ValueTask<string?> ReadClockAcceptedAsync(CancellationToken ct) =>
        readers.ReadAsync(AuthorityStore.ReadClockAcceptedAsync, (object?)null, ct);

    public async Task<IReadOnlyList<string>> CheckIntegrityAsync(CancellationToken ct) =>
        await readers.ReadAsync(
            async (session, _, token) => await engine.CheckIntegrityAsync(session, token), (object?)null, ct);
}
