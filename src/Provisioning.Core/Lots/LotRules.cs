using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Lots;

/// <summary>Judges definitions of lots, as a whole. Every refusal is <see cref="RefusalCode.BadLot"/> with the field that is wrong.</summary>
public static class LotRules
{
    /// <summary>The most units of a lot.</summary>
    public const long MaxQuota = 10_000_000;

    /// <summary>The most stations of a lot.</summary>
    public const int MaxStations = 100;

    /// <summary>The most units that are put on a list at once.</summary>
    public const int MaxListed = 10_000;

    private const int MaxDescription = 200;

    /// <summary>What can be said of a definition alone.</summary>
    /// <param name="definition">What was written down.</param>
    /// <param name="group">Its group.</param>
    /// <returns>What is wrong first, or null.</returns>
    public static Refusal? Check(LotDefinition definition, EnrollmentGroup group)
    {
        if (FreeText.Check(definition.Description, MaxDescription) is { } problem) return Bad("description", problem);
        if (definition.Quota is < 1 or > MaxQuota) return Bad("quota", $"A lot orders 1 to {MaxQuota} units.");
        if (definition.ClosesAt <= definition.OpensAt) return Bad("closesAt", "The window ends before it begins.");
        return CheckStations(definition.Stations) ?? (definition.Range is { } range ? CheckRange(range, definition.Quota, group) : null);
    }

    /// <summary>Judges units that are to be listed.</summary>
    /// <param name="units">Their IDs, as they were sent.</param>
    /// <param name="group">The lot's group.</param>
    /// <param name="field">Where they stand.</param>
    /// <returns>What is wrong first, or null.</returns>
    public static Refusal? CheckUnits(IReadOnlyList<string> units, EnrollmentGroup group, string field)
    {
        if (units.Count > MaxListed) return Bad(field, $"At most {MaxListed} units are listed at once; send the others afterwards.");
        var seen = new HashSet<string>(units.Count, StringComparer.Ordinal);
        for (var i = 0; i < units.Count; i++)
        {
            if (!DeviceId.TryParse(units[i], out _))
                return Bad($"{field}/{i}", $"A device ID is 1 to {DeviceId.MaxLength} of A-Z a-z 0-9 . _ - : and starts with a letter or a digit.");
            if (group.DeviceIdPattern?.IsMatch(units[i]) == false) return Bad($"{field}/{i}", $"The group '{group.Name}' does not enroll such an ID.");
            if (!seen.Add(units[i])) return Bad($"{field}/{i}", "The unit is listed twice.");
        }

        return null;
    }

    /// <summary>May a lot that is not closed be changed so?</summary>
    /// <param name="now">The lot as it is.</param>
    /// <param name="next">What it is to be, sound by itself.</param>
    /// <returns>What is wrong first, or null.</returns>
    public static Refusal? CheckChange(Lot now, LotDefinition next)
    {
        var good = now.Issued - now.Scrapped;
        if (next.Quota < good) return Bad("quota", $"{good} units have been enrolled and not scrapped: the quota cannot be less.");
        if (next.Quota + now.Scrapped < now.Listed) return Bad("quota", $"{now.Listed} units are listed: the quota cannot be less.");
        if (now.Issued == 0 || now.Definition.Range is not { } before || next.Range is not { } range) return null;
        if (range.Prefix != before.Prefix) return Bad("units/range/prefix", "Units were enrolled already: the range can only grow.");
        if (range.Width != before.Width) return Bad("units/range/width", "Units were enrolled already: the range can only grow.");
        if (range.First > before.First) return Bad("units/range/first", "Units were enrolled already: the range can only grow.");
        return range.Last < before.Last ? Bad("units/range/last", "Units were enrolled already: the range can only grow.") : null;
    }

    /// <summary>An ID must not be ordered twice.</summary>
    /// <param name="range">The range, or null.</param>
    /// <param name="others">The lots of the group that are not closed, but for this one.</param>
    /// <returns>What is wrong first, or null.</returns>
    public static Refusal? CheckOverlap(LotRange? range, IEnumerable<Lot> others) =>
        others.FirstOrDefault(other => range is not null && other.Definition.Range?.Overlaps(range) == true) is { } taken
            ? Bad("units/range", $"The lot '{taken.Name}' orders some of these IDs already. Close it first, or take others.")
            : null;

    private static Refusal? CheckStations(IReadOnlyList<string>? stations)
    {
        if (stations is null) return null;
        if (stations.Count is 0 or > MaxStations) return Bad("stations", $"Name 1 to {MaxStations} stations, or leave them out.");
        for (var i = 0; i < stations.Count; i++)
        {
            if (!ResourceName.IsValid(stations[i])) return Bad($"stations/{i}", ResourceName.Rule);
            if (stations.Take(i).Contains(stations[i])) return Bad($"stations/{i}", "The station is named twice.");
        }

        return null;
    }

    private static Refusal? CheckRange(LotRange range, long quota, EnrollmentGroup group)
    {
        if (range.Check() is var (field, detail)) return Bad("units/range/" + field, detail);
        if (range.Count < quota) return Bad("units/range", $"The range has {range.Count} IDs, and the quota is {quota}.");
        return group.DeviceIdPattern is { } pattern && (!pattern.IsMatch(range.IdOf(range.First)) || !pattern.IsMatch(range.IdOf(range.Last)))
            ? Bad("units/range", $"The group '{group.Name}' does not enroll such IDs.")
            : null;
    }

    /// <summary>A refusal of a field.</summary>
    /// <param name="field">The field, as a path.</param>
    /// <param name="detail">What is wrong.</param>
    /// <returns>The refusal.</returns>
    public static Refusal Bad(string field, string detail) => new(RefusalCode.BadLot, detail) { Field = "/" + field };
}
