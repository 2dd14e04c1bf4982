using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A production order.</summary>
internal sealed record LotBody
{
    /// <summary>Its name: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    /// <example>PO-4711</example>
    public required string Name { get; init; }

    /// <summary>For people, at most 200 characters.</summary>
    /// <example>1000 pumps for Example Ltd.</example>
    public string? Description { get; init; }

    /// <summary>The enrollment group of all units.</summary>
    /// <example>default</example>
    public required string Group { get; init; }

    /// <summary>How many units are ordered, 1 to 10 000 000.</summary>
    /// <example>1000</example>
    public required long Quota { get; init; }

    /// <summary>Which units; leave it out for any that the group enrolls.</summary>
    public LotUnitsBody? Units { get; init; }

    /// <summary>The registrars that may enroll for it, by name; leave it out for any.</summary>
    public IReadOnlyList<string>? Stations { get; init; }

    /// <summary>Units are enrolled from then on.</summary>
    /// <example>2026-11-23T06:00:00Z</example>
    public required string OpensAt { get; init; }

    /// <summary>And until then.</summary>
    /// <example>2026-12-31T18:00:00Z</example>
    public required string ClosesAt { get; init; }

    internal Checked<LotDefinition> ToDefinition() => ToDefinition(Group, Description, Quota, Units, Stations, OpensAt, ClosesAt);

    internal static Checked<LotDefinition> ToDefinition(
        string group, string? description, long quota, LotUnitsBody? units, IReadOnlyList<string>? stations, string opensAt, string closesAt)
    {
        if (!UtcTime.TryParse(opensAt, out var from)) return BadTime("opensAt");
        if (!UtcTime.TryParse(closesAt, out var until)) return BadTime("closesAt");
        if (NullValues.First("/stations", stations) is { } noStation) return noStation;
        if (NullValues.First("/units/list", units?.List) is { } noUnit) return noUnit;
        return new LotDefinition
        {
            Description = description,
            Group = group,
            Quota = quota,
            Range = units?.Range?.ToRange(),
            Stations = stations,
            OpensAt = from,
            ClosesAt = until,
        };
    }

    private static Problem BadTime(string field) =>
        RestErrors.Of(new Refusal(RefusalCode.BadLot, "It is a time in UTC such as 2027-01-31T00:00:00Z.")) with { Pointer = "/" + field };
}
