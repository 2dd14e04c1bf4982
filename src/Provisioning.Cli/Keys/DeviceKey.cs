using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Cli.Keys;

/// <summary>A private key of a device, and what is made with it. It never leaves this machine.</summary>
internal sealed class DeviceKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private DeviceKey(AsymmetricAlgorithm key) => _key = key;

    /// <summary>Its kind, as <see cref="KeyKind"/> spells it.</summary>
    internal string Kind => _key is RSA ? $"rsa{_key.KeySize}" : $"p{_key.KeySize}";

    /// <summary>Makes a new key.</summary>
    /// <param name="kind">One of <see cref="KeyKind"/>.</param>
    /// <returns>The key; the caller owns it.</returns>
    internal static DeviceKey Create(string kind) => new(kind switch
    {
        KeyKind.P256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        KeyKind.P384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        KeyKind.Rsa2048 => RSA.Create(2048),
        KeyKind.Rsa3072 => RSA.Create(3072),
        KeyKind.Rsa4096 => RSA.Create(4096),
        _ => throw FailureException.Usage($"'{kind}' is none of the kinds of key: {string.Join(", ", KeyKind.All)}."),
    });

    /// <summary>Reads a key that is not encrypted.</summary>
    /// <param name="path">PEM: PKCS#8, SEC 1 or PKCS#1.</param>
    /// <returns>The key; the caller owns it.</returns>
    internal static DeviceKey Read(string path)
    {
        var pem = File.ReadAllText(path);
        return TryImport(ECDsa.Create(), pem) ?? TryImport(RSA.Create(), pem) ?? throw FailureException.Usage(
            $"'{path}' holds no ECDSA or RSA private key in PEM that can be read without a password.");
    }

    /// <summary>As PKCS#8, PEM.</summary>
    internal string ToPem() => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Whether a public key, SubjectPublicKeyInfo in DER, is this one's.</summary>
    internal bool Matches(ReadOnlySpan<byte> publicKey) => publicKey.SequenceEqual(_key.ExportSubjectPublicKeyInfo());

    /// <summary>Makes a certification request (RFC 2986).</summary>
    /// <param name="subject">Whom it is for.</param>
    /// <returns>PEM.</returns>
    internal string CreateRequest(X500DistinguishedName subject)
    {
        var hash = _key is ECDsa { KeySize: > 256 } ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        var request = _key is ECDsa ecdsa
            ? new CertificateRequest(subject, ecdsa, hash)
            : new CertificateRequest(subject, (RSA)_key, hash, RSASignaturePadding.Pkcs1);
        return request.CreateSigningRequestPem() + "\n";
    }

    public void Dispose() => _key.Dispose();

    private static DeviceKey? TryImport(AsymmetricAlgorithm algorithm, string pem)
    {
        try
        {
            algorithm.ImportFromPem(pem);
            return new DeviceKey(algorithm);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            // Not a key of this algorithm; the other one may read it, and the caller says so when none does.
            algorithm.Dispose();
            return null;
        }
    }
}
