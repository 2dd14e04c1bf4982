using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Cms;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Provisioning.Est;

/// <summary>
/// A recipient with an EC key (RFC 5753 §3.1): ephemeral-static ECDH, SHA-256 in the key derivation, AES-256 key wrap. The library has it, but with a
/// NULL in what is hashed that is not in the message, so that OpenSSL derives another key.
/// </summary>
internal sealed class KeyAgreement(X509Certificate2 certificate) : RecipientInfoGenerator
{
    private const int KeyBits = 256;

    // dhSinglePass-stdDH-sha256kdf-scheme
    private static readonly DerObjectIdentifier Scheme = new("1.3.132.1.11.1");
    private static readonly AlgorithmIdentifier Wrap = new(NistObjectIdentifiers.IdAes256Wrap);

    public RecipientInfo Generate(KeyParameter contentEncryptionKey, SecureRandom random)
    {
        using var theirs = ECDiffieHellman.Create();
        theirs.ImportSubjectPublicKeyInfo(certificate.PublicKey.ExportSubjectPublicKeyInfo(), out _);
        using var ours = ECDiffieHellman.Create(theirs.ExportParameters(includePrivateParameters: false).Curve);

        // X9.63 with one block: the hash of Z, a counter of 1, and ECC-CMS-SharedInfo (RFC 5753 §7.2).
        var key = ours.DeriveKeyFromHash(theirs.PublicKey, HashAlgorithmName.SHA256, null, [0, 0, 0, 1, .. SharedInfo()]);
        var wrap = new Rfc3394WrapEngine(AesUtilities.CreateEngine());
        wrap.Init(forWrapping: true, new KeyParameter(key));
        CryptographicOperations.ZeroMemory(key);
        var secret = contentEncryptionKey.GetKey();
        var recipient = X509CertificateStructure.GetInstance(certificate.RawData);
        return new RecipientInfo(new KeyAgreeRecipientInfo(
            new OriginatorIdentifierOrKey(OriginatorPublicKey.GetInstance(Asn1Object.FromByteArray(ours.ExportSubjectPublicKeyInfo()))),
            null,
            new AlgorithmIdentifier(Scheme, Wrap),
            new DerSequence(new RecipientEncryptedKey(
                new KeyAgreeRecipientIdentifier(new IssuerAndSerialNumber(recipient)), new DerOctetString(wrap.Wrap(secret, 0, secret.Length))))));
    }

    private static byte[] SharedInfo()
    {
        var bits = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bits, KeyBits);
        return new DerSequence(Wrap, new DerTaggedObject(isExplicit: true, 2, new DerOctetString(bits))).GetEncoded(Asn1Encodable.Der);
    }
}
