using Provisioning.Core.Lots;

namespace Provisioning.Rest;

/// <summary>How far a lot is.</summary>
internal sealed record LotCountsDocument
{
    /// <summary>Units that were ordered.</summary>
    /// <example>1000</example>
    public required long Ordered { get; init; }

    /// <summary>Units that were enrolled, replacements included.</summary>
    /// <example>412</example>
    public required long Issued { get; init; }

    /// <summary>Units that may still be enrolled: those ordered, and one for each scrapped.</summary>
    /// <example>591</example>
    public required long Remaining { get; init; }

    /// <summary>Units that were reported as scrapped.</summary>
    /// <example>3</example>
    public required long Scrapped { get; init; }

    /// <summary>Units that have shown their certificates here, and were not scrapped.</summary>
    /// <example>17</example>
    public required long Activated { get; init; }

    /// <summary>Enrollments that were refused because all units had been enrolled.</summary>
    /// <example>0</example>
    public required long Beyond { get; init; }

    internal static LotCountsDocument Of(LotStatus status) => new()
    {
        Ordered = status.Lot.Definition.Quota,
        Issued = status.Lot.Issued,
        Remaining = status.Lot.Remaining,
        Scrapped = status.Lot.Scrapped,
        Activated = status.Activated,
        Beyond = status.Lot.Beyond,
    };
}
