namespace Provisioning.Rest;

/// <summary>Asks for the next certificate of the device that calls.</summary>
internal sealed record RenewalBody
{
    /// <summary>The PKCS#10 certification request, preferably over a new key: PEM, or the DER in base64.</summary>
    public required string Csr { get; init; }
}
