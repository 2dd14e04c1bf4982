namespace Provisioning.Core.Certificates;

/// <summary>How a key that is made here is to be encrypted for its device, beside TLS, as the request says (RFC 7030 §4.4.1).</summary>
/// <param name="IsSymmetric">True for a secret that both sides know (§4.4.1.1), false for a public key of the device (§4.4.1.2).</param>
/// <param name="KeyIdentifier">Names that secret or key; 1 to 64 octets.</param>
/// <param name="Capabilities">The algorithms that the device can decrypt with (RFC 8551 §2.5.2), dotted OIDs, the best first; empty when it does not say.</param>
public sealed record KeyProtection(bool IsSymmetric, ReadOnlyMemory<byte> KeyIdentifier, IReadOnlyList<string> Capabilities);
