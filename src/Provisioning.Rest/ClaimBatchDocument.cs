using Provisioning.Core.Credentials;

namespace Provisioning.Rest;

/// <summary>A batch of devices that share a claim certificate.</summary>
internal sealed record ClaimBatchDocument
{
    /// <summary>Its name.</summary>
    /// <example>pumps-2027-w04</example>
    public required string Name { get; init; }

    /// <summary>The enrollment group.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>How many devices it may claim, claimed ones included.</summary>
    public required long Expected { get; init; }

    /// <summary>How many of them were claimed.</summary>
    public required long Claimed { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    /// <summary>When it was revoked as a whole, or null.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    internal static ClaimBatchDocument Of(ClaimBatch batch) => new()
    {
        Name = batch.Name,
        Group = batch.Group,
        Expected = batch.Expected,
        Claimed = batch.Claimed,
        CreatedAt = batch.CreatedAt,
        CreatedBy = batch.CreatedBy,
        RevokedAt = batch.RevokedAt,
    };
}
