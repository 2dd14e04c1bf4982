namespace Provisioning.Rest;

/// <summary>Units to be put on the list of a lot.</summary>
internal sealed record LotListBody
{
    /// <summary>Device IDs, at most 10 000. Those that are on the list already stay there.</summary>
    public required IReadOnlyList<string> List { get; init; }
}
