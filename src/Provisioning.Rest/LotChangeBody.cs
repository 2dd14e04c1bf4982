using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What a lot is to order from now on, as a whole. Its group, and whether its units are a range, a list or any, stay.</summary>
internal sealed record LotChangeBody
{
    /// <summary>For people, at most 200 characters.</summary>
    public string? Description { get; init; }

    /// <summary>How many units are ordered; not less than were enrolled and not scrapped.</summary>
    /// <example>1200</example>
    public required long Quota { get; init; }

    /// <summary>The range, where the units are ordered by one; once a unit was enrolled it can only grow.</summary>
    public LotUnitsBody? Units { get; init; }

    /// <summary>The registrars that may enroll for it, by name; leave it out for any.</summary>
    public IReadOnlyList<string>? Stations { get; init; }

    /// <summary>Units are enrolled from then on.</summary>
    /// <example>2026-11-23T06:00:00Z</example>
    public required string OpensAt { get; init; }

    /// <summary>And until then.</summary>
    /// <example>2027-01-15T18:00:00Z</example>
    public required string ClosesAt { get; init; }

    internal Checked<LotDefinition> ToDefinition() => Units?.List is null
        ? LotBody.ToDefinition("", Description, Quota, Units, Stations, OpensAt, ClosesAt)
        : RestErrors.Of(new Refusal(RefusalCode.BadLot, "Units are put on the list with POST /api/v1/lots/{name}/units.")) with
        {
            Pointer = "/units/list",
        };
}
