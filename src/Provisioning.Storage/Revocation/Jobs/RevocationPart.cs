using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <summary>
/// The next part of a job, as a reader found it beside the writer: a range that is changed at once, or certificates that are looked at one by
/// one. What others have changed by the time it is done is seen there.
/// </summary>
/// <param name="Range">The end of a range of which a good part is the job's; null where certificates are named.</param>
/// <param name="Certificates">The certificates; empty where there is a range.</param>
/// <param name="Next">Where the job is when this is done.</param>
/// <param name="IsLast">True when nothing comes after it.</param>
/// <param name="MustWait">True when there is nothing to do until something was signed.</param>
internal sealed record RevocationPart(
    (long At, byte[] Serial)? Range, IReadOnlyList<SerialNumber> Certificates, RevocationJobRow Next, bool IsLast, bool MustWait)
{
    /// <summary>How many the job concerns and cannot deal with, because their rows are damaged.</summary>
    public int Damaged { get; init; }

    /// <summary>True when something is just being signed that the job concerns, whatever else there is to do.</summary>
    public bool IsPending { get; init; }

    /// <summary>Of a release: the number of the job that has put the certificates on hold.</summary>
    public long? HeldBy { get; init; }

    // A transaction with so many takes 20 to 30 ms, and whoever enrolls meanwhile waits for one.
    private const int RangeLength = 1_000;
    private const int NamedLength = 100;

    // Some tens of milliseconds, and far below what a statement of a reader may take.
    private const int ScanLength = 10_000;

    // Whoever waits longer for the writer has been told that it will never be.
    private static readonly TimeSpan Lateness = TimeSpan.FromMinutes(15);

    public static async ValueTask<RevocationPart> PlanAsync(Session session, (RevocationJobRow Row, DateTimeOffset At) of, CancellationToken ct)
    {
        var (row, at) = of;
        var filter = row.Job.Order.Filter;
        if (row.IsSweeping) return await PlanLateAsync(session, row, at, ct);
        if (filter.Devices is not null || filter.SerialNumbers is not null) return await PlanListAsync(session, row, at, ct);
        return row.Job.Order.Kind == RevocationJobKind.Release
            ? await PlanReleaseAsync(session, row, at, ct)
            : await PlanWalkAsync(session, row, at, ct);
    }

    /// <summary>The certificates of an entry of the order's list, and how many of them are damaged.</summary>
    public static async Task<(List<CertificateRecord> Found, int Damaged)> ReadListedAsync(
        Session session, RevocationOrder order, int index, DateTimeOffset until, DateTimeOffset at, CancellationToken ct)
    {
        var (selection, filter) = (RevocationSelection.Of(order), order.Filter);
        var statement = filter.SerialNumbers is { } serials && SerialNumber.TryParse(serials[index], out var serial)
            ? RevocationSelection.Bind(session.Sql(selection.OfSerial), filter, until, at, null).With("serial", serial.ToOctets())
            : RevocationSelection.Bind(session.Sql(selection.OfDevice), filter, until, at, null).With("holder", filter.Devices![index]);
        var (found, damaged) = (new List<CertificateRecord>(), 0);
        await using var row = await statement.QueryAsync(ct);
        while (await row.ReadAsync(ct))
        {
            if (CertificateRow.TryRead(row) is { } one) found.Add(one);
            else damaged++;
        }

        if (filter is { SerialNumbers: not null, Devices: { } devices }) found.RemoveAll(one => !devices.Contains(one.Holder));
        return (found, damaged);
    }

    private static SerialNumber? TryRead(byte[] octets)
    {
        if (SerialNumber.TryFromOctets(octets, out var serial)) return serial;
        DamagedRows.Meet("certificates", Convert.ToHexString(octets), "Such a serial number was never given.");
        return null;
    }

    // However few of the rows are the job's: no more than so many are looked at for a part, and the writer touches none of the others.
    private static async ValueTask<RevocationPart> PlanWalkAsync(Session session, RevocationJobRow row, DateTimeOffset at, CancellationToken ct)
    {
        var hasRange = RevocationSelection.Of(row.Job.Order).ChangeRange is not null;
        var (named, damaged, next) = (new List<SerialNumber>(), 0, row);
        for (var scanned = 0; scanned < ScanLength && !next.IsSweeping; scanned += RangeLength)
        {
            var rows = await ScanAsync(session, next, at, ct);
            if (hasRange && IsDense(rows))
            {
                // What was found before goes first; these come again.
                if (named.Count + damaged > 0) break;
                var end = rows[^1];
                next = next with { CursorAt = end.At, CursorSerial = end.Serial, IsSweeping = rows.Count < RangeLength };
                return new RevocationPart((end.At, end.Serial), [], next, IsLast: false, MustWait: false);
            }

            foreach (var one in rows)
            {
                if (!one.Fits) continue;
                if (TryRead(one.Serial) is { } serial) named.Add(serial);
                else damaged++;
                if (named.Count < NamedLength) continue;
                next = next with { CursorAt = one.At, CursorSerial = one.Serial };
                return new RevocationPart(null, named, next, IsLast: false, MustWait: false) { Damaged = damaged };
            }

            if (rows.Count > 0) next = next with { CursorAt = rows[^1].At, CursorSerial = rows[^1].Serial };
            if (rows.Count < RangeLength) next = next with { IsSweeping = true };
        }

        return new RevocationPart(null, named, next, IsLast: false, MustWait: false) { Damaged = damaged };
    }

    private static bool IsDense(List<(long At, byte[] Serial, bool Fits)> rows)
    {
        var fitting = rows.Count(row => row.Fits);
        return fitting > 0 && fitting >= rows.Count / 4;
    }

    private static async ValueTask<List<(long At, byte[] Serial, bool Fits)>> ScanAsync(
        Session session, RevocationJobRow row, DateTimeOffset at, CancellationToken ct)
    {
        var order = row.Job.Order;
        var rows = new List<(long, byte[], bool)>(RangeLength);
        var statement = RevocationSelection.Bind(
            session.Sql(RevocationSelection.Of(order).Scan), order.Filter, row.Until, at, null, row.CursorAt);
        await using var found = await statement
            .With("cursor_at", row.CursorAt)
            .With("cursor_serial", row.CursorSerial)
            .With("limit", RangeLength)
            .QueryAsync(ct);
        while (await found.ReadAsync(ct)) rows.Add((found.GetInt64(0), await found.GetFieldValueAsync<byte[]>(1, ct), found.GetBoolean(2)));
        return rows;
    }

    // Of a release: what the job has put on hold is found by an index.
    private static async ValueTask<RevocationPart> PlanReleaseAsync(Session session, RevocationJobRow row, DateTimeOffset at, CancellationToken ct)
    {
        var order = row.Job.Order;
        var held = order.Filter.Job is { } job ? (await RevocationJobRow.FindAsync(session, job, ct))?.Number : null;
        var (serials, next, damaged, any) = (new List<SerialNumber>(), row, 0, false);
        var statement = RevocationSelection.Bind(session.Sql(RevocationSelection.Of(order).Some), order.Filter, row.Until, at, held, row.CursorAt);
        await using (var found = await statement
            .With("cursor_at", row.CursorAt)
            .With("cursor_serial", row.CursorSerial)
            .With("limit", NamedLength)
            .QueryAsync(ct))
        {
            while (await found.ReadAsync(ct))
            {
                any = true;
                next = next with { CursorAt = found.GetInt64(0), CursorSerial = await found.GetFieldValueAsync<byte[]>(1, ct) };
                if (TryRead(next.CursorSerial) is { } serial) serials.Add(serial);
                else damaged++;
            }
        }

        return new RevocationPart(null, serials, any ? next : row with { IsSweeping = true }, IsLast: !any, MustWait: false)
        {
            Damaged = damaged,
            HeldBy = held,
        };
    }

    private static async ValueTask<RevocationPart> PlanListAsync(Session session, RevocationJobRow row, DateTimeOffset at, CancellationToken ct)
    {
        var filter = row.Job.Order.Filter;
        var entries = (filter.SerialNumbers ?? filter.Devices)!.Count;
        var serials = new List<SerialNumber>();
        var position = (int)row.Position;
        var damaged = 0;
        for (; position < entries && serials.Count < NamedLength; position++)
        {
            var (found, bad) = await ReadListedAsync(session, row.Job.Order, position, row.Until, at, ct);
            serials.AddRange(found.Select(one => one.SerialNumber));
            damaged += bad;
        }

        return new RevocationPart(
            null, serials, row with { Position = position, IsSweeping = position == entries }, IsLast: false, MustWait: false)
        {
            Damaged = damaged,
        };
    }

    private static async ValueTask<RevocationPart> PlanLateAsync(Session session, RevocationJobRow row, DateTimeOffset at, CancellationToken ct)
    {
        var order = row.Job.Order;
        var (devices, listed) = (order.Filter.Devices?.ToHashSet(), order.Filter.SerialNumbers?.ToHashSet());
        var serials = new List<SerialNumber>();
        var isPending = false;
        await using var late = await RevocationSelection.Bind(session.Sql(RevocationSelection.Late), order.Filter, row.Until, at, null)
            .With("number", row.Number)
            .With("since", row.Until - Lateness)
            .QueryAsync(ct);
        while (serials.Count < NamedLength && await late.ReadAsync(ct))
        {
            var isSuccessor = late.GetBoolean(CertificateRow.Count);
            if (!isSuccessor && !(late.GetBoolean(CertificateRow.Count + 1) && IsListed(late))) continue;

            // What is damaged is told and counted as such. It cannot be changed, and would come again and again.
            if (CertificateRow.TryRead(late) is not { } one) continue;

            // Before it is signed a certificate is not put on hold; after that there is something to hold.
            if (order.Holds && one.State == CertificateState.Reserved) isPending = true;
            else if (!order.Holds || one.State != CertificateState.Held) serials.Add(one.SerialNumber);
        }

        return new RevocationPart(null, serials, row, IsLast: serials.Count == 0 && !isPending, MustWait: serials.Count == 0 && isPending)
        {
            IsPending = isPending,
        };

        bool IsListed(DbDataReader row) =>
            devices?.Contains(row.GetString(3)) != false && listed?.Contains(Convert.ToHexString(row.GetFieldValue<byte[]>(0))) != false;
    }
}
