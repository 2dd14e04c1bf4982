namespace Provisioning.Core.Manifests;

/// <summary>Where the devices of a manifest go.</summary>
public sealed record ManifestImport
{
    /// <summary>Where the ID of a secure element goes in <see cref="DeviceId"/>.</summary>
    public const string UniqueId = "${uniqueId}";

    /// <summary>Their group.</summary>
    public required string Group { get; init; }

    /// <summary>The batch of claim certificates that may claim them, or null for none.</summary>
    public string? ClaimBatch { get; init; }

    /// <summary>The device ID, with <see cref="UniqueId"/> in it.</summary>
    public string DeviceId { get; init; } = UniqueId;

    /// <summary>Which of its keys (kid) the device will come with.</summary>
    public string KeyId { get; init; } = "0";
}
