using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>A preview as it is on record until it is confirmed or expires.</summary>
public sealed record RevocationOffer
{
    /// <summary>SHA-256 of the confirmation token.</summary>
    public required Digest TokenHash { get; init; }

    /// <summary>What was previewed.</summary>
    public required RevocationOrder Order { get; init; }

    /// <summary>How many certificates it concerned.</summary>
    public required long Certificates { get; init; }

    /// <summary>When it was previewed.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom; nobody else confirms it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it can be confirmed no longer.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
