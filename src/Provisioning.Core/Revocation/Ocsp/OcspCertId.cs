using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>Which certificate is asked about (CertID, RFC 6960 §4.1.1).</summary>
/// <param name="Encoded">
/// Its DER as the client wrote it. It goes back as it came: some clients compare all octets, and the parameters of the hash algorithm may
/// be NULL or absent.
/// </param>
/// <param name="Hash">How name and key of the issuer are hashed.</param>
/// <param name="IssuerNameHash">The hash of the issuer's name.</param>
/// <param name="IssuerKeyHash">The hash of the issuer's key.</param>
/// <param name="SerialNumber">The serial number.</param>
public sealed record OcspCertId(
    ReadOnlyMemory<byte> Encoded,
    OcspHash Hash,
    ReadOnlyMemory<byte> IssuerNameHash,
    ReadOnlyMemory<byte> IssuerKeyHash,
    SerialNumber SerialNumber);
