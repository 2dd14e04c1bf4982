namespace Provisioning.Core.Credentials;

/// <summary>
/// Devices that share a claim certificate: whoever holds one may claim, once, each device that is expected by the batch, and nothing else.
/// </summary>
public sealed record ClaimBatch
{
    /// <summary>Its name: the holder of its certificates.</summary>
    public required string Name { get; init; }

    /// <summary>The group that it enrolls into.</summary>
    public required string Group { get; init; }

    /// <summary>How many devices name the batch.</summary>
    public long Expected { get; init; }

    /// <summary>How many of them hold or held a certificate.</summary>
    public long Claimed { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was revoked as a whole, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}
