using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>
/// Verifies what an authority has signed, from its certificate alone: its key may be elsewhere. For one thread at a time.
/// </summary>
internal sealed class AuthorityVerifier : IDisposable
{
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    internal AuthorityVerifier(Authority authority)
        : this(authority.Certificate)
    {
    }

    /// <exception cref="CryptographicException">The certificate cannot be read, or its key cannot be used.</exception>
    internal AuthorityVerifier(ReadOnlyMemory<byte> der)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(der.Span);
        _ecdsa = certificate.GetECDsaPublicKey();
        _rsa = certificate.GetRSAPublicKey();
    }

    /// <summary>Verifies a signature with ECDSA or RSA PKCS#1 v1.5 and SHA-256, SHA-384 or SHA-512.</summary>
    /// <param name="algorithm">The dotted OID of the signature algorithm.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">The value of the BIT STRING.</param>
    /// <returns>True when it is good; false for any other algorithm, or one that does not fit the key.</returns>
    internal bool IsGood(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => (algorithm, _ecdsa, _rsa) switch
    {
        ("1.2.840.10045.4.3.2", { } key, _) => VerifyEcdsa(key, data, signature, HashAlgorithmName.SHA256),
        ("1.2.840.10045.4.3.3", { } key, _) => VerifyEcdsa(key, data, signature, HashAlgorithmName.SHA384),
        ("1.2.840.10045.4.3.4", { } key, _) => VerifyEcdsa(key, data, signature, HashAlgorithmName.SHA512),
        ("1.2.840.113549.1.1.11", _, { } key) => VerifyRsa(key, data, signature, HashAlgorithmName.SHA256),
        ("1.2.840.113549.1.1.12", _, { } key) => VerifyRsa(key, data, signature, HashAlgorithmName.SHA384),
        ("1.2.840.113549.1.1.13", _, { } key) => VerifyRsa(key, data, signature, HashAlgorithmName.SHA512),
        _ => false,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }

    private static bool VerifyEcdsa(ECDsa key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash) =>
        key.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);

    private static bool VerifyRsa(RSA key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash) =>
        key.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1);
}
