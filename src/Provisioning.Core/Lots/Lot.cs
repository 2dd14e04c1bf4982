namespace Provisioning.Core.Lots;

/// <summary>A production order and how far it is.</summary>
public sealed record Lot
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What was ordered.</summary>
    public required LotDefinition Definition { get; init; }

    /// <summary>Counts the changes of the definition.</summary>
    public required long Revision { get; init; }

    /// <summary>Units that were enrolled, replacements included.</summary>
    public required long Issued { get; init; }

    /// <summary>Units that were reported as scrapped; each may be replaced.</summary>
    public required long Scrapped { get; init; }

    /// <summary>Enrollments that were refused because all ordered units had been enrolled.</summary>
    public required long Beyond { get; init; }

    /// <summary>Units on its list.</summary>
    public long Listed { get; init; }

    /// <summary>When it was opened on record.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was closed, for ever; or null.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>By whom it was closed, or null.</summary>
    public string? ClosedBy { get; init; }

    /// <summary>Units that may still be enrolled.</summary>
    public long Remaining => Math.Max(0, Definition.Quota + Scrapped - Issued);

    /// <summary>Where it stands.</summary>
    /// <param name="now">Now.</param>
    /// <returns>The state.</returns>
    public LotState StateAt(DateTimeOffset now) =>
        ClosedAt is not null ? LotState.Closed
        : now < Definition.OpensAt ? LotState.Planned
        : now < Definition.ClosesAt ? LotState.Open
        : LotState.Passed;
}
