using Provisioning.Core.Certificates;

namespace Provisioning.Core.Devices.Import;

/// <summary>A device that is to be in the registry before it is enrolled. Judged: see <see cref="RegistrationRules"/>.</summary>
public sealed record DeviceRegistration
{
    /// <summary>Its ID.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>Its enrollment group.</summary>
    public required string Group { get; init; }

    /// <summary>Its attributes; empty when none.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>SHA-256 of the only SubjectPublicKeyInfo that may be enrolled for it first, or null for any.</summary>
    public Digest? ExpectedKey { get; init; }

    /// <summary>The batch of claim certificates that may claim it, or null.</summary>
    public string? ClaimBatch { get; init; }
}
