using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Credentials;

/// <summary>An enrollment token as the registry knows it: without its secret, of which only a hash is kept.</summary>
public sealed record EnrollmentToken
{
    /// <summary>Names it; no secret.</summary>
    public required string Id { get; init; }

    /// <summary>The group that it enrolls into.</summary>
    public required string Group { get; init; }

    /// <summary>The lot whose units it enrolls, or null.</summary>
    public string? Lot { get; init; }

    /// <summary>The one device that it enrolls, or null for any that the pattern and the group allow.</summary>
    public DeviceId? DeviceId { get; init; }

    /// <summary>What the device ID must match, or null.</summary>
    public IdPattern? DeviceIdPattern { get; init; }

    /// <summary>The SHA-256 of the only SubjectPublicKeyInfo that it enrolls, or null for any.</summary>
    public Digest? KeyThumbprint { get; init; }

    /// <summary>How many certificates it is good for.</summary>
    public required long Uses { get; init; }

    /// <summary>How many it has been used for.</summary>
    public required long Used { get; init; }

    /// <summary>Good until then.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>For people, or null.</summary>
    public string? Note { get; init; }

    /// <summary>What can be done with it at some time.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The first that holds of: revoked, expired, used, active.</returns>
    public TokenState StateAt(DateTimeOffset now) =>
        RevokedAt is not null ? TokenState.Revoked
        : now >= ExpiresAt ? TokenState.Expired
        : Used >= Uses ? TokenState.Used
        : TokenState.Active;
}
