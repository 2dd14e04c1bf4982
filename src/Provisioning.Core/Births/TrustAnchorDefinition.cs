namespace Provisioning.Core.Births;

/// <summary>What an administrator writes down about a manufacturer. Not judged yet: see <see cref="TrustAnchor.Create"/>.</summary>
public sealed record TrustAnchorDefinition
{
    /// <summary>Where the serial number goes in <see cref="DeviceId"/>.</summary>
    public const string SerialNumber = "${serialNumber}";

    /// <summary>The group that its devices enroll into.</summary>
    public required string Group { get; init; }

    /// <summary>The manufacturer's CA certificate, DER.</summary>
    public required ReadOnlyMemory<byte> Certificate { get; init; }

    /// <summary>CA certificates below it, each after its issuer, DER; at most 8.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Intermediates { get; init; } = [];

    /// <summary>A regular expression that the whole serial number must match.</summary>
    public required string SerialNumberPattern { get; init; }

    /// <summary>The device ID, with <see cref="SerialNumber"/> in it.</summary>
    public string DeviceId { get; init; } = SerialNumber;

    /// <summary>What is done about CRLs that are missing or old.</summary>
    public CrlPolicy CrlPolicy { get; init; }
}
