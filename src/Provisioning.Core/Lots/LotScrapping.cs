using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Lots;

/// <summary>Takes reports of scrapped units, from administrators and from the stations of a lot.</summary>
/// <param name="lots">Who may see a lot may report its scrap.</param>
/// <param name="store">Where it is on record.</param>
/// <param name="signal">Gets a new CRL made.</param>
/// <param name="clock">Dates it; it happens also while the clock is suspect, as a revocation does.</param>
public sealed class LotScrapping(LotService lots, ILotStore store, CrlSignal signal, ClockGuard clock)
{
    /// <summary>The most units in one report.</summary>
    public const int MaxUnits = 1_000;

    private const int AtOnce = 64;

    /// <summary>Reports units, each by itself.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="units">At most <see cref="MaxUnits"/>.</param>
    /// <param name="caller">Who reports.</param>
    /// <param name="ct">Gives up between units.</param>
    /// <returns>An answer for each unit in order; or a refusal of all, when nothing has happened.</returns>
    public async Task<Outcome<IReadOnlyList<Outcome<ScrappedUnit>>>> ScrapAsync(
        string name, IReadOnlyList<ScrapRequest> units, Caller caller, CancellationToken ct)
    {
        if (!(await lots.FindAsync(name, caller, ct)).TryGet(out _, out var refusal)) return refusal;
        if (Check(units) is { } bad) return bad;
        var answers = new List<Outcome<ScrappedUnit>>(units.Count);
        foreach (var some in units.Chunk(AtOnce))
            answers.AddRange(await Task.WhenAll(some.Select(unit => ScrapAsync(name, unit, caller, ct))));
        return answers;
    }

    private static Refusal? Check(IReadOnlyList<ScrapRequest> units)
    {
        if (units.Count is 0 or > MaxUnits) return LotRules.Bad("units", $"Report 1 to {MaxUnits} units at once.");
        for (var i = 0; i < units.Count; i++)
        {
            if (FreeText.Check(units[i].Reason, ScrapRequest.MaxReason) is { } problem) return LotRules.Bad($"units/{i}/reason", problem);
        }

        return null;
    }

    private async Task<Outcome<ScrappedUnit>> ScrapAsync(string lot, ScrapRequest unit, Caller caller, CancellationToken ct)
    {
        if (!DeviceId.TryParse(unit.DeviceId, out var id)) return new Refusal(RefusalCode.BadDeviceId, "This is not the ID of a device.");
        if (caller is Caller.Registrar { Scope: { } scope } && !scope.AllowsDevice(id))
            return new Refusal(RefusalCode.OutsideScope, "The registrar may not act on a device of such an ID.");
        Outcome<ScrappedUnit> outcome;
        try
        {
            outcome = await store.ScrapAsync(lot, id, unit.Reason, caller.Actor, clock.LastBelieved(), ct);
        }
        catch
        {
            // It may have happened all the same; and nobody knows whose certificates there were then.
            signal.RaiseAll();
            throw;
        }

        if (!outcome.TryGet(out var scrapped, out _)) return outcome;
        foreach (var certificate in scrapped.Revoked)
        {
            RevocationMetrics.Revoked(RevocationReason.CessationOfOperation);
            signal.Raise(certificate.Authority);
        }

        return outcome;
    }
}
