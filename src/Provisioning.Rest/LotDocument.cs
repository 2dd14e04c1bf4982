using Provisioning.Core.Lots;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A production order, and how far it is.</summary>
internal sealed record LotDocument
{
    /// <summary>Its name.</summary>
    /// <example>PO-4711</example>
    public required string Name { get; init; }

    /// <summary>Counts the changes of the order, from 1.</summary>
    public required long Revision { get; init; }

    /// <summary>Where it stands.</summary>
    /// <example>open</example>
    [NamesOf(typeof(LotState))]
    public required string State { get; init; }

    /// <summary>For people.</summary>
    public required string? Description { get; init; }

    /// <summary>The enrollment group of all units.</summary>
    /// <example>default</example>
    public required string Group { get; init; }

    /// <summary>How many units are ordered.</summary>
    /// <example>1000</example>
    public required long Quota { get; init; }

    /// <summary>The units, where they are ordered by a range; else null.</summary>
    public required LotRangeDocument? Range { get; init; }

    /// <summary>How many units are listed, where they are ordered by a list; else null.</summary>
    public required long? Listed { get; init; }

    /// <summary>The registrars that may enroll for it; null for any.</summary>
    public required IReadOnlyList<string>? Stations { get; init; }

    /// <summary>Units are enrolled from then on.</summary>
    public required DateTimeOffset OpensAt { get; init; }

    /// <summary>And until then.</summary>
    public required DateTimeOffset ClosesAt { get; init; }

    /// <summary>How far it is.</summary>
    public required LotCountsDocument Counts { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    /// <summary>When it was closed, or null.</summary>
    public required DateTimeOffset? ClosedAt { get; init; }

    /// <summary>By whom it was closed, or null.</summary>
    public required string? ClosedBy { get; init; }

    internal static LotDocument Of(LotStatus status, DateTimeOffset now)
    {
        var (lot, order) = (status.Lot, status.Lot.Definition);
        return new LotDocument
        {
            Name = lot.Name,
            Revision = lot.Revision,
            State = WireNames.Of(lot.StateAt(now)),
            Description = order.Description,
            Group = order.Group,
            Quota = order.Quota,
            Range = LotRangeDocument.Of(order.Range),
            Listed = order.HasList ? lot.Listed : null,
            Stations = order.Stations,
            OpensAt = order.OpensAt,
            ClosesAt = order.ClosesAt,
            Counts = LotCountsDocument.Of(status),
            CreatedAt = lot.CreatedAt,
            CreatedBy = lot.CreatedBy,
            ClosedAt = lot.ClosedAt,
            ClosedBy = lot.ClosedBy,
        };
    }
}
