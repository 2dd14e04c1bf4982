namespace Provisioning.Rest;

/// <summary>What the report of scrapped units did, unit by unit.</summary>
internal sealed record ScrapDocument
{
    /// <summary>An answer for each unit, in the order of the report.</summary>
    public required IReadOnlyList<ScrappedUnitDocument> Items { get; init; }
}
