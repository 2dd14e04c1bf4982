namespace Provisioning.Rest;

/// <summary>Units that were scrapped.</summary>
internal sealed record ScrapBody
{
    /// <summary>The units, 1 to 1000.</summary>
    public required IReadOnlyList<ScrapUnitBody> Units { get; init; }
}
