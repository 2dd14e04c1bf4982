using Provisioning.Core.Certificates;

namespace Provisioning.Core.Lots;

/// <summary>Which lots to list, newest first.</summary>
public sealed record LotQuery
{
    /// <summary>Of this group only, or null.</summary>
    public string? Group { get; init; }

    /// <summary>In this state only, or null.</summary>
    public LotState? State { get; init; }

    /// <summary>The time that states are computed for.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Rows a page, 1 to 500.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The cursor that the page before gave, or null for the first.</summary>
    public Cursor? Cursor { get; init; }
}
