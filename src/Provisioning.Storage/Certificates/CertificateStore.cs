using System.Data.Common;
using Dapper;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Authorities;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Devices;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Certificates;

/// <inheritdoc/>
internal sealed class CertificateStore(Writer writer, Readers readers) : ICertificateStore
{
    private readonly Orphans _orphans = new(writer);

    public async Task<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken ct)
    {
        _orphans.BeginSweep();
        try
        {
            return await writer.RunAsync(transaction => new ReserveOperation(transaction, reservation).Run(), ct);
        }
        catch (Exception e)
            when (e is OperationCanceledException or StorageUnavailableException { OutcomeUnknown: true })
        {
            _orphans.Add(reservation.SerialNumber, reservation.At);
            throw;
        }
    }

    public Task<ReserveResult> ProbeAsync(Reservation reservation, bool leavesMarks, CancellationToken ct) =>
        writer.RunAsync(transaction => new ReserveOperation(transaction, reservation).Probe(leavesMarks), ct);

    public Task<Outcome<CertificateRecord>> RecordAsync(
        Reservation reservation, ReadOnlyMemory<byte> der, DateTimeOffset at, CancellationToken ct)
    {
        // Hashed here and not on the writer's thread, which all wait for.
        var thumbprint = Digest.Of(der.Span);
        var octets = der.ToArray();
        return writer.RunAsync(
            transaction => new RecordOperation(transaction, reservation, octets, thumbprint, at).Run(), ct, wasLetIn: true);
    }

    public Task<bool> AbandonAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) =>
        _orphans.AbandonAsync(serialNumber, at, ct);

    public Task SweepAsync(CancellationToken ct) => _orphans.SweepAsync(ct);

    public Task<int> AbandonAllAsync(DateTimeOffset at, CancellationToken ct) => writer.RunAsync(
        transaction =>
        {
            // Two halves, because each has an index of its own: the start must not read a million rows.
            const string sql = $"""
                SELECT {CertificateRow.Columns} FROM certificates c
                WHERE c.holder_kind = 'device' AND c.state IN ('reserved', 'issued') AND c.state = 'reserved'
                UNION ALL
                SELECT {CertificateRow.Columns} FROM certificates c
                WHERE c.holder_kind <> 'device' AND c.state = 'reserved'
                """;
            var left = new List<CertificateRecord>();
            using (var row = transaction.Sql(sql).Query())
            {
                while (row.Read()) left.Add(CertificateRow.Read(row));
            }

            foreach (var reserved in left) CertificateStates.Abandon(transaction, reserved, at);
            return left.Count;
        },
        ct);

    public Task<CertificateRecord?> ConfirmAsync(
        SerialNumber serialNumber, Succession succession, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(
            transaction => CertificateRow.Find(transaction, serialNumber) switch
            {
                { State: CertificateState.Issued } issued => CertificateStates.Confirm(transaction, issued, succession, at),
                { State: CertificateState.Current } current => CertificateStates.See(transaction, current, at),
                { State: CertificateState.Superseded } old when old.WorksUntil > at => CertificateStates.See(transaction, old, at),
                { } lost when CertificateStates.CanComeBack(transaction, lost, at) => CertificateStates.Confirm(transaction, lost, succession, at),
                var other => other,
            },
            ct);

    public Task NoteOldAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) => writer.RunAsync(
        transaction =>
        {
            if (CertificateRow.Find(transaction, serialNumber) is not { } old || old.WorksUntil is not { } end || end > at) return false;
            CloneMarks.Leave(transaction, old.Holder, CloneSign.OldCertificate, serialNumber.ToString(), "device:" + old.Holder, at);
            return true;
        },
        ct);

    public ValueTask<CertificateRecord?> FindAsync(SerialNumber serialNumber, CancellationToken ct) =>
        readers.ReadAsync(CertificateRow.FindAsync, serialNumber, ct);

    public ValueTask<ShownCertificate?> FindShownAsync(SerialNumber serialNumber, CancellationToken ct) =>
        readers.ReadAsync(ReadShownAsync, serialNumber, ct);

    public ValueTask<StoredCertificate?> FindWithDerAsync(SerialNumber serialNumber, CancellationToken ct) =>
        readers.ReadAsync(CertificateRow.FindStoredAsync, serialNumber, ct);

    public async Task<Page<CertificateRecord>> ListAsync(CertificateQuery query, CancellationToken ct) =>
        await readers.ReadAsync(ReadPageAsync, query, ct);

    private static async ValueTask<ShownCertificate?> ReadShownAsync(
        Session session, SerialNumber serialNumber, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns}, {PrincipalStore.Columns}, {DeviceRow.Columns} FROM certificates c
            LEFT JOIN principals p ON p.name = c.holder AND p.kind = 'registrar' AND c.holder_kind = 'registrar'
            LEFT JOIN devices d ON d.device_id = c.holder AND c.holder_kind = 'device'
            WHERE c.serial = @serial
            """;
        await using var row = await session.Sql(sql).With("serial", serialNumber.ToOctets()).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ReadShown(row) : null;
    }

    private static ShownCertificate ReadShown(DbDataReader row)
    {
        const int device = CertificateRow.Count + PrincipalStore.Count;
        return new ShownCertificate(
            CertificateRow.Read(row),
            row.IsDBNull(CertificateRow.Count) ? null : PrincipalStore.Read(row, CertificateRow.Count),
            row.IsDBNull(device) ? null : DeviceRow.Read(row, device));
    }

    private static async ValueTask<Page<CertificateRecord>> ReadPageAsync(
        Session session, CertificateQuery query, CancellationToken ct)
    {
        var conditions = new List<string>();
        if (query.Holder is not null) conditions.Add("c.holder = @Holder");
        if (query.HolderKind is not null) conditions.Add("c.holder_kind = @HolderKind");
        if (query.State is not null) conditions.Add("c.state = @State");
        if (query.ExpiresBefore is not null) conditions.Add("c.not_after < @ExpiresBefore");
        if (query.Cursor is not null) conditions.Add("(c.reserved_at, c.serial) < (@ReservedAt, @Serial)");
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        var sql = $"""
            SELECT {CertificateRow.Columns} FROM certificates c {where}
            ORDER BY c.reserved_at DESC, c.serial DESC LIMIT @Limit
            """;
        var parameters = new
        {
            query.Holder,
            HolderKind = query.HolderKind is { } kind ? Words.Of(kind) : null,
            State = query.State is { } state ? Words.Of(state) : null,
            ExpiresBefore = query.ExpiresBefore?.ToUnixTimeMilliseconds(),
            ReservedAt = query.Cursor?.Number,
            Serial = SerialNumber.TryParse(query.Cursor?.Text, out var serial) ? serial.ToOctets() : [],
            Limit = query.Limit + 1,
        };
        var command = new CommandDefinition(sql, parameters, cancellationToken: ct);
        await using var row = await session.Connection.ExecuteReaderAsync(command);
        var items = new List<CertificateRecord>();
        while (await row.ReadAsync(ct)) items.Add(CertificateRow.Read(row));
        return Paging.ToPage(items, query.Limit, last =>
            new Cursor(last.ReservedAt.ToUnixTimeMilliseconds(), last.SerialNumber.ToString()));
    }
}
