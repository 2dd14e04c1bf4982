namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>What a client asks (OCSPRequest, RFC 6960 §4.1.1), as far as it changes the answer.</summary>
/// <param name="CertIds">The certificates, 1 to <see cref="OcspRequestReader.MaxCertIds"/>, in the order of the request.</param>
/// <param name="Nonce">The DER of the nonce, an OCTET STRING of 1 to 128 octets (RFC 9654 §2.1); null when there is none.</param>
public sealed record OcspRequest(IReadOnlyList<OcspCertId> CertIds, ReadOnlyMemory<byte>? Nonce);
