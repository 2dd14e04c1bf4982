namespace Provisioning.Rest;

/// <summary>A batch of devices that is to share a claim certificate.</summary>
internal sealed record ClaimBatchBody
{
    /// <summary>Its name: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    /// <example>pumps-2027-w04</example>
    public required string Name { get; init; }

    /// <summary>The enrollment group; it must accept claim certificates.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }
}
