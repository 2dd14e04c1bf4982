namespace Provisioning.Rest;

/// <summary>Decides requests for approval.</summary>
internal sealed record DecisionBody
{
    /// <summary>The requests, 1 to 500.</summary>
    public required IReadOnlyList<string> Ids { get; init; }

    /// <summary>True to approve all of them, false to deny.</summary>
    public required bool Approve { get; init; }

    /// <summary>For a denial: what the device is told, at most 200 characters.</summary>
    /// <example>Not in this quarter's order</example>
    public string? Reason { get; init; }
}
