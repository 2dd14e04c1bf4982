namespace Provisioning.Rest;

/// <summary>Which units are ordered: a range, or a list; with neither, any that the group enrolls.</summary>
internal sealed record LotUnitsBody
{
    /// <summary>Consecutive IDs; at least as many as the quota. More are spares for scrapped units.</summary>
    public LotRangeDocument? Range { get; init; }

    /// <summary>Device IDs, at most 10 000; more are added afterwards. An empty list takes no unit until some are added.</summary>
    public IReadOnlyList<string>? List { get; init; }
}
