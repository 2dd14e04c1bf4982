namespace Provisioning.Rest;

/// <summary>Asks for the first certificate of a device.</summary>
internal sealed record EnrollmentBody
{
    /// <summary>The device: 1 to 64 of <c>A-Z a-z 0-9 . _ - :</c>, starting with a letter or a digit.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The PKCS#10 certification request: PEM, or the DER in base64.</summary>
    public required string Csr { get; init; }

    /// <summary>The enrollment group; leave it out for that of the credential, the lot or the device.</summary>
    /// <example>default</example>
    public string? Group { get; init; }

    /// <summary>The lot that the unit counts for; leave it out for that of the credential, if it has one.</summary>
    public string? Lot { get; init; }

    /// <summary>The slot of the certificate; leave it out for the group's first.</summary>
    public string? Slot { get; init; }

    /// <summary>What is to be kept with the device: at most 16 short texts. What is on record already stays as it is.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
