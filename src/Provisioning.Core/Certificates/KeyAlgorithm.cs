namespace Provisioning.Core.Certificates;

/// <summary>The kinds of public key that are read at all. A profile narrows them.</summary>
public enum KeyAlgorithm
{
    /// <summary>ECDSA on P-256, secp256r1 (RFC 5480).</summary>
    P256,

    /// <summary>ECDSA on P-384, secp384r1 (RFC 5480).</summary>
    P384,

    /// <summary>ECDSA on P-521, secp521r1 (RFC 5480).</summary>
    P521,

    /// <summary>RSA with a modulus of 2048 bits and e = 65537 (RFC 3279 §2.3.1).</summary>
    Rsa2048,

    /// <summary>RSA with a modulus of 3072 bits and e = 65537.</summary>
    Rsa3072,

    /// <summary>RSA with a modulus of 4096 bits and e = 65537.</summary>
    Rsa4096,
}
