namespace Provisioning.Rest.Bulk;

/// <summary>One enrollment of a batch.</summary>
internal sealed record BatchLine
{
    /// <summary>The device.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The PKCS#10 certification request: PEM, or the DER in base64.</summary>
    public required string Csr { get; init; }

    /// <summary>The enrollment group; leave it out for that of the credential, the lot or the device.</summary>
    public string? Group { get; init; }

    /// <summary>The lot that the unit counts for.</summary>
    public string? Lot { get; init; }

    /// <summary>The slot of the certificate.</summary>
    public string? Slot { get; init; }

    /// <summary>What is to be kept with the device.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    internal EnrollmentBody ToBody() => new()
    {
        DeviceId = DeviceId,
        Csr = Csr,
        Group = Group,
        Lot = Lot,
        Slot = Slot,
        Attributes = Attributes,
    };
}
