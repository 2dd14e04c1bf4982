using System.Collections.Concurrent;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>
/// A private key of this service, held in memory. Signs from many threads at once: each borrows a copy of the handle,
/// because the platform promises nothing about one instance used by two threads.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly ConcurrentBag<AsymmetricAlgorithm> _idle = [];
    private readonly byte[] _pkcs8;
    private volatile KeyHealth _health;

    private SigningKey(AsymmetricAlgorithm key, KeyAlgorithm algorithm)
    {
        Algorithm = algorithm;
        SignatureAlgorithm = SignatureAlgorithm.For(algorithm);
        _pkcs8 = key.ExportPkcs8PrivateKey();
        var spki = key.ExportSubjectPublicKeyInfo();
        PublicKey = new SubjectPublicKey(algorithm, spki, Digest.Of(spki));
        _idle.Add(key);
    }

    /// <summary>The kind of key.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>How it signs.</summary>
    public SignatureAlgorithm SignatureAlgorithm { get; }

    /// <summary>Its public half.</summary>
    public SubjectPublicKey PublicKey { get; }

    /// <summary>How its last use went.</summary>
    public KeyHealth Health => _health;

    /// <summary>Makes a new key.</summary>
    /// <param name="algorithm">Its kind.</param>
    /// <returns>The key; the caller owns it.</returns>
    public static SigningKey Create(KeyAlgorithm algorithm) => new(Generate(algorithm), algorithm);

    /// <summary>Makes a new key that is not to stay here.</summary>
    /// <param name="algorithm">Its kind.</param>
    /// <returns>The platform's key; the caller owns it.</returns>
    internal static AsymmetricAlgorithm Generate(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.P256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        KeyAlgorithm.P384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        KeyAlgorithm.P521 => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        KeyAlgorithm.Rsa2048 => RSA.Create(2048),
        KeyAlgorithm.Rsa3072 => RSA.Create(3072),
        _ => RSA.Create(4096),
    };

    /// <summary>Reads an encrypted PKCS#8 key in PEM (RFC 5958, RFC 7468 §11).</summary>
    /// <param name="pem">The text of the file.</param>
    /// <param name="passphrase">Its passphrase.</param>
    /// <returns>The key; the caller owns it.</returns>
    /// <exception cref="CryptographicException">Not such a key, a wrong passphrase, or a kind that is not supported.</exception>
    public static SigningKey FromEncryptedPem(string pem, string passphrase) =>
        ReadEc(pem, passphrase) ?? ReadRsa(pem, passphrase)
        ?? throw new CryptographicException("The key file holds neither an EC nor an RSA key, or the passphrase is wrong.");

    /// <summary>Takes an EC key that was read from a file of its own.</summary>
    /// <param name="key">The key; it is copied, and stays the caller's.</param>
    /// <returns>The key; the caller owns it.</returns>
    public static SigningKey FromPlain(ECDsa key)
    {
        var copy = ECDsa.Create();
        copy.ImportPkcs8PrivateKey(key.ExportPkcs8PrivateKey(), out _);
        return new SigningKey(copy, CurveOf(copy));
    }

    /// <summary>
    /// Writes the key as encrypted PKCS#8 in PEM: AES-256-CBC, PBKDF2 with SHA-256 as often as <see cref="Passphrase.IterationsFor"/> says.
    /// </summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <returns>The text of the file.</returns>
    public string ToEncryptedPem(string passphrase) => Use(key => key.ExportEncryptedPkcs8PrivateKeyPem(
        passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Passphrase.IterationsFor(passphrase))));

    /// <summary>Signs.</summary>
    /// <param name="data">What is hashed and signed.</param>
    /// <returns>The signature as it goes into a BIT STRING: DER for ECDSA (RFC 3279 §2.2.3), PKCS#1 v1.5 for RSA.</returns>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        return SignHash(hash[..CryptographicOperations.HashData(SignatureAlgorithm.Hash, data, hash)]);
    }

    /// <summary>Signs a hash that was made with <see cref="SignatureAlgorithm"/>'s digest.</summary>
    /// <param name="hash">The hash.</param>
    /// <returns>The signature, as <see cref="Sign"/> gives it.</returns>
    public byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        try
        {
            return SignWithCopy(hash);
        }
        catch (CryptographicException)
        {
            _health = KeyHealth.Failing;
            throw;
        }
    }

    /// <summary>Verifies a signature that this key has just made; what comes of it is its <see cref="Health"/>.</summary>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">As <see cref="Sign"/> gives it.</param>
    /// <returns>True when it is good.</returns>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        return VerifyHash(hash[..CryptographicOperations.HashData(SignatureAlgorithm.Hash, data, hash)], signature);
    }

    /// <summary>Verifies a signature over a hash, as <see cref="Verify"/> does.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="signature">As <see cref="Sign"/> gives it.</param>
    /// <returns>True when it is good.</returns>
    public bool VerifyHash(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        var isGood = false;
        try
        {
            isGood = VerifyWithCopy(hash, signature);
        }
        finally
        {
            _health = isGood ? KeyHealth.Good : KeyHealth.Failing;
        }

        return isGood;
    }

    /// <summary>Does something with the platform's object, such as giving it to TLS.</summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="use">Must not keep the object.</param>
    /// <returns>What <paramref name="use"/> returned.</returns>
    public T Use<T>(Func<AsymmetricAlgorithm, T> use)
    {
        var key = Borrow();
        try
        {
            return use(key);
        }
        finally
        {
            _idle.Add(key);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_pkcs8);
        while (_idle.TryTake(out var key)) key.Dispose();
    }

    private byte[] SignWithCopy(ReadOnlySpan<byte> hash)
    {
        var key = Borrow();
        try
        {
            return key is ECDsa ecdsa
                ? ecdsa.SignHash(hash, DSASignatureFormat.Rfc3279DerSequence)
                : ((RSA)key).SignHash(hash, SignatureAlgorithm.Hash, RSASignaturePadding.Pkcs1);
        }
        finally
        {
            _idle.Add(key);
        }
    }

    private bool VerifyWithCopy(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        var key = Borrow();
        try
        {
            return key is ECDsa ecdsa
                ? ecdsa.VerifyHash(hash, signature, DSASignatureFormat.Rfc3279DerSequence)
                : ((RSA)key).VerifyHash(hash, signature, SignatureAlgorithm.Hash, RSASignaturePadding.Pkcs1);
        }
        finally
        {
            _idle.Add(key);
        }
    }

    private AsymmetricAlgorithm Borrow() => _idle.TryTake(out var key) ? key : Copy();

    private AsymmetricAlgorithm Copy()
    {
        AsymmetricAlgorithm copy = Algorithm <= KeyAlgorithm.P521 ? ECDsa.Create() : RSA.Create();
        copy.ImportPkcs8PrivateKey(_pkcs8, out _);
        return copy;
    }

    private static SigningKey? ReadEc(string pem, string passphrase)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromEncryptedPem(pem, passphrase);
        }
        catch (CryptographicException)
        {
            // Not an EC key, or the passphrase is wrong: the platform does not tell which. RSA is tried next.
            key.Dispose();
            return null;
        }

        return new SigningKey(key, CurveOf(key));
    }

    private static KeyAlgorithm CurveOf(ECDsa key) => key.KeySize switch
    {
        256 => KeyAlgorithm.P256,
        384 => KeyAlgorithm.P384,
        521 => KeyAlgorithm.P521,
        _ => throw new CryptographicException("The curve is none of P-256, P-384 and P-521."),
    };

    private static SigningKey? ReadRsa(string pem, string passphrase)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromEncryptedPem(pem, passphrase);
        }
        catch (CryptographicException)
        {
            // As above; the caller says both possibilities.
            key.Dispose();
            return null;
        }

        return new SigningKey(key, key.KeySize switch
        {
            2048 => KeyAlgorithm.Rsa2048,
            3072 => KeyAlgorithm.Rsa3072,
            4096 => KeyAlgorithm.Rsa4096,
            _ => throw new CryptographicException("The RSA key has none of 2048, 3072 and 4096 bits."),
        });
    }
}
