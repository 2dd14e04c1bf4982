using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>How an authority signs, which its key decides.</summary>
public sealed record SignatureAlgorithm
{
    private SignatureAlgorithm(HashAlgorithmName hash, string identifier)
    {
        Hash = hash;
        Identifier = Convert.FromHexString(identifier);
    }

    /// <summary>The digest that is signed.</summary>
    public HashAlgorithmName Hash { get; }

    /// <summary>
    /// The DER AlgorithmIdentifier: without parameters for ECDSA (RFC 5758 §3.2), with NULL for RSA (RFC 4055 §5).
    /// </summary>
    public ReadOnlyMemory<byte> Identifier { get; }

    /// <summary>ecdsa-with-SHA256.</summary>
    public static SignatureAlgorithm EcdsaSha256 { get; } = new(HashAlgorithmName.SHA256, "300A06082A8648CE3D040302");

    /// <summary>ecdsa-with-SHA384.</summary>
    public static SignatureAlgorithm EcdsaSha384 { get; } = new(HashAlgorithmName.SHA384, "300A06082A8648CE3D040303");

    /// <summary>ecdsa-with-SHA512.</summary>
    public static SignatureAlgorithm EcdsaSha512 { get; } = new(HashAlgorithmName.SHA512, "300A06082A8648CE3D040304");

    /// <summary>sha256WithRSAEncryption.</summary>
    public static SignatureAlgorithm RsaSha256 { get; } = new(HashAlgorithmName.SHA256, "300D06092A864886F70D01010B0500");

    /// <summary>The algorithm for a kind of key: for curves the hash of the same strength (RFC 5480 §4).</summary>
    /// <param name="algorithm">The key's kind.</param>
    /// <returns>The algorithm.</returns>
    public static SignatureAlgorithm For(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.P256 => EcdsaSha256,
        KeyAlgorithm.P384 => EcdsaSha384,
        KeyAlgorithm.P521 => EcdsaSha512,
        _ => RsaSha256,
    };
}
