using System.Diagnostics.CodeAnalysis;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Lots;

/// <summary>
/// Closes lots: freezes, counts, signs, keeps. Only the first changes what can be enrolled, and it is durable by itself; all that
/// follows is made from what is frozen, so that a close that was killed goes on where it stopped, with the same result.
/// </summary>
/// <param name="store">Where lots are on record.</param>
/// <param name="key">Signs reports.</param>
/// <param name="clock">Dates them.</param>
/// <param name="time">Waits for what is in flight.</param>
public sealed class LotClosing(ILotStore store, ReportKey key, ClockGuard clock, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Reports are few, and the list of a large lot is read once for each.
    private readonly SemaphoreSlim _one = new(1);

    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such lot.");

    /// <summary>Closes a lot for ever, and reconciles it. Closing it again gives the same report.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="caller">Who says so.</param>
    /// <returns>
    /// The signed report (JWS). Refusals: <see cref="RefusalCode.NotFound"/>; and, with the lot closed all the same,
    /// <see cref="RefusalCode.RequestInProgress"/> while a certificate of it is being made, and those of the clock.
    /// </returns>
    public async Task<Outcome<string>> CloseAsync(string name, Caller caller)
    {
        var closed = await store.CloseLotAsync(name, caller.Actor, clock.LastBelieved(), CancellationToken.None);
        if (!closed.TryGet(out var lot, out var refusal)) return refusal;
        Failpoint.Hit(Failpoint.AfterLotClosed);
        return await ReportAsync(lot);
    }

    /// <summary>Reads the report of a closed lot; makes it when closing was interrupted.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The signed report (JWS); or as above, and <see cref="RefusalCode.NotFound"/> for a lot that is not closed.</returns>
    public async Task<Outcome<string>> FindAsync(string name, CancellationToken ct)
    {
        if (await store.FindReportAsync(name, ct) is { } report) return report;
        if (await store.FindLotAsync(name, ct) is not { Lot: var lot }) return NotFound;
        return lot.ClosedAt is null
            ? new Refusal(RefusalCode.NotFound, "There is no report before the lot is closed; the lot itself tells how far it is.")
            : await ReportAsync(lot);
    }

    /// <summary>What a signed report says.</summary>
    /// <param name="report">A report that was given by this class.</param>
    /// <returns>The JSON that was signed, octet for octet.</returns>
    public static ReadOnlyMemory<byte> DocumentOf(string report) => CompactJws.TryParse(report, out var jws)
        ? jws.Payload
        : throw new InvalidDataException("The report on record is none.");

    /// <summary>Makes the reports of lots whose closing was interrupted.</summary>
    /// <param name="ct">Gives up between two.</param>
    /// <returns>What could not be made, by lot.</returns>
    public async Task<IReadOnlyList<(string Lot, Refusal Refusal)>> FinishAsync(CancellationToken ct)
    {
        var left = new List<(string, Refusal)>();
        foreach (var name in await store.ListUnreportedAsync(ct))
        {
            ct.ThrowIfCancellationRequested();
            if (!(await FindAsync(name, ct)).TryGet(out _, out var refusal)) left.Add((name, refusal));
        }

        return left;
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<Outcome<string>> ReportAsync(Lot lot)
    {
        await _one.WaitAsync();
        try
        {
            if (await store.FindReportAsync(lot.Name, CancellationToken.None) is { } known) return known;
            if (await CountAsync(lot.Name) is not { } tally) return InFlight;

            // Read again: what was in flight when it was closed has ended, and may have given its unit back.
            if (await store.FindLotAsync(lot.Name, CancellationToken.None) is not { Lot: var frozen }) return NotFound;
            if (frozen.Issued != tally.Issued) ThrowUnequal(frozen, tally);
            var signed = await key.SignAsync(now => LotReportDocument.Write(frozen, tally, now));
            if (!signed.TryGet(out var report, out var refusal)) return refusal;
            return await store.KeepReportAsync(lot.Name, report, clock.LastBelieved(), CancellationToken.None);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<LotTally?> CountAsync(string name)
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            if (await LotTally.CountAsync(store.StreamUnitsAsync(name, CancellationToken.None), CancellationToken.None) is { } tally) return tally;
            if (time.GetElapsedTime(startedAt) > Patience) return null;
            await Task.Delay(Pause, time);
        }
    }

    private static Refusal InFlight { get; } = new(
        RefusalCode.RequestInProgress, "The lot is closed, and a certificate of it is still being made. Ask for its report again in a few seconds.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    [DoesNotReturn]
    private static void ThrowUnequal(Lot lot, LotTally tally) => throw new InvalidDataException(
        $"The lot '{lot.Name}' has counted {lot.Issued} units, and {tally.Issued} are on record. No report is signed; the verb audit tells more.");
}
