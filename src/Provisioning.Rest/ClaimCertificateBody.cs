namespace Provisioning.Rest;

/// <summary>Asks for a claim certificate of a batch.</summary>
internal sealed record ClaimCertificateBody
{
    /// <summary>The PKCS#10 certification request: PEM, or the DER in base64. Its subject is empty or the name of the batch.</summary>
    public required string Csr { get; init; }
}
