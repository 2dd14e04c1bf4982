namespace Provisioning.Rest;

/// <summary>Asks for the first certificate of a device.</summary>
internal sealed record EnrollmentBody
{
    /// <summary>The device: 1 to 64 of <c>A-Z a-z 0-9 . _ - :</c>, starting with a letter or a digit.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The PKCS#10 certification request: PEM, or the DER in base64.</summary>
    public required string Csr { get; init; }

    /// <summary>What is to be kept with a new device: at most 16 short texts.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
