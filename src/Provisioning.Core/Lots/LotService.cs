using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Lots;

/// <summary>Opens, changes and reads production orders.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="groups">The groups that there are.</param>
/// <param name="principals">The stations that there are.</param>
/// <param name="clock">Dates the changes.</param>
public sealed class LotService(ILotStore store, GroupCatalog groups, IPrincipalStore principals, ClockGuard clock)
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such lot.");

    // The same whether there is such a lot or not.
    private static Refusal NotAStation { get; } = new(
        RefusalCode.OutsideScope, "The registrar is not named as a station of such a lot, and has none in its scope.");

    /// <summary>Opens a lot.</summary>
    /// <param name="name">Its name, new.</param>
    /// <param name="definition">What is ordered.</param>
    /// <param name="units">The units on its list; null where it has none.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The lot; or <see cref="RefusalCode.BadLot"/> with the field that is wrong, or <see cref="RefusalCode.AlreadyExists"/>.</returns>
    public async Task<Outcome<Lot>> OpenAsync(
        string name, LotDefinition definition, IReadOnlyList<string>? units, Caller caller, CancellationToken ct)
    {
        if (!ResourceName.IsValid(name)) return LotRules.Bad("name", ResourceName.Rule);
        if (groups.Find(definition.Group)?.Group is not { } group) return LotRules.Bad("group", "There is no such enrollment group.");
        if (LotRules.Check(definition, group) is { } bad) return bad;
        if (units is not null)
        {
            if (definition.Range is not null) return LotRules.Bad("units", "Units are ordered by a range or by a list, not by both.");
            if (LotRules.CheckUnits(units, group, "units/list") is { } badUnit) return badUnit;
            if (units.Count > definition.Quota) return LotRules.Bad("units/list", "More units are listed than are ordered.");
        }

        if (await CheckStationsAsync(definition, ct) is { } unknown) return unknown;
        return await store.OpenLotAsync(
            name, definition with { HasList = units is not null }, units ?? [], caller.Actor, clock.LastBelieved(), ct);
    }

    /// <summary>Changes a lot that is not closed. Its group, and whether its units are a range, a list or any, stay as they are.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="next">What is ordered from now on.</param>
    /// <param name="revision">The revision that the change was made from, or null for any.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The lot; or why not.</returns>
    public async Task<Outcome<Lot>> ChangeAsync(string name, LotDefinition next, long? revision, Caller caller, CancellationToken ct)
    {
        if (await CheckStationsAsync(next, ct) is { } unknown) return unknown;
        return await store.ChangeLotAsync(name, now => Combine(now, next), revision, caller.Actor, clock.LastBelieved(), ct);
    }

    /// <summary>Puts units on the list of a lot that is not closed.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="units">Their IDs, at most <see cref="LotRules.MaxListed"/>.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The lot; or why not.</returns>
    public async Task<Outcome<Lot>> ListUnitsAsync(string name, IReadOnlyList<string> units, Caller caller, CancellationToken ct)
    {
        if (await store.FindLotAsync(name, ct) is not { } status) return NotFound;
        if (groups.Find(status.Lot.Definition.Group)?.Group is not { } group) return NotFound;
        if (LotRules.CheckUnits(units, group, "list") is { } bad) return bad;
        return await store.ListUnitsAsync(name, units, caller.Actor, clock.LastBelieved(), ct);
    }

    /// <summary>Reads a lot: an administrator any, a registrar those that it is a station of.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The lot; or <see cref="RefusalCode.NotFound"/>, or <see cref="RefusalCode.OutsideScope"/>.</returns>
    public async Task<Outcome<LotStatus>> FindAsync(string name, Caller caller, CancellationToken ct)
    {
        var status = ResourceName.IsValid(name) ? await store.FindLotAsync(name, ct) : null;
        return caller switch
        {
            Caller.Administrator => status is null ? NotFound : status,
            Caller.Registrar registrar when status is not null && IsStation(registrar, status.Lot) => status,
            _ => NotAStation,
        };
    }

    /// <summary>Lists lots.</summary>
    /// <param name="query">Which.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    public Task<Page<LotStatus>> ListAsync(LotQuery query, CancellationToken ct) => store.ListLotsAsync(query, ct);

    // Only who is named: a lot without stations takes units from any registrar, but does not let any registrar scrap them.
    private static bool IsStation(Caller.Registrar registrar, Lot lot)
    {
        var scope = registrar.Scope;
        if (scope is not null && (!scope.AllowsLot(lot.Name) || !scope.AllowsGroup(lot.Definition.Group))) return false;
        return lot.Definition.Stations is { } stations ? stations.Contains(registrar.Name) : scope?.Lots is not null;
    }

    private Outcome<LotDefinition> Combine(Lot now, LotDefinition next)
    {
        var before = now.Definition;
        if (groups.Find(before.Group)?.Group is not { } group) return LotRules.Bad("group", "There is no such enrollment group.");
        if ((next.Range is null) != (before.Range is null))
            return LotRules.Bad("units/range", "Whether units are ordered by a range, by a list, or not by ID stays as it is. Open another lot.");
        var definition = next with { Group = before.Group, HasList = before.HasList };
        return LotRules.Check(definition, group) is { } bad ? bad : definition;
    }

    private async Task<Refusal?> CheckStationsAsync(LotDefinition definition, CancellationToken ct)
    {
        if (definition.Stations is not { Count: <= LotRules.MaxStations } stations) return null;
        for (var i = 0; i < stations.Count; i++)
        {
            if (await principals.FindPrincipalAsync(stations[i], ct) is not { Kind: HolderKind.Registrar })
                return LotRules.Bad($"stations/{i}", "There is no such registrar.");
        }

        return null;
    }
}
