namespace Provisioning.Core.Lots;

/// <summary>What was ordered.</summary>
public sealed record LotDefinition
{
    /// <summary>For people: the order, the customer; at most 200 characters.</summary>
    public string? Description { get; init; }

    /// <summary>The enrollment group of all units.</summary>
    public required string Group { get; init; }

    /// <summary>How many units were ordered, 1 to 10 000 000.</summary>
    public required long Quota { get; init; }

    /// <summary>The units by consecutive IDs, or null.</summary>
    public LotRange? Range { get; init; }

    /// <summary>True when the units are on record one by one. With neither a range nor a list, any ID that the group allows.</summary>
    public bool HasList { get; init; }

    /// <summary>The registrars that may enroll for it, by name; null for any.</summary>
    public IReadOnlyList<string>? Stations { get; init; }

    /// <summary>Units are enrolled from then on.</summary>
    public required DateTimeOffset OpensAt { get; init; }

    /// <summary>And until then.</summary>
    public required DateTimeOffset ClosesAt { get; init; }
}
