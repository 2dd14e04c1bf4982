using System.Formats.Asn1;
using System.Security.Cryptography;

using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads the signature algorithm and verifies the proof of possession (RFC 2986 §4.2): ECDSA (RFC 5758 §3.2) or RSA
/// PKCS#1 v1.5 (RFC 4055 §5), each with SHA-256, SHA-384 or SHA-512.
/// </summary>
internal static class RequestSignature
{
    private static ReadOnlySpan<byte> Null => [0x05, 0x00];

    // 1.2.840.10045.4.3.x
    private static ReadOnlySpan<byte> EcdsaWithSha2 => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03];

    // 1.2.840.113549.1.1.x
    private static ReadOnlySpan<byte> Pkcs1 => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];

    /// <summary>Reads the AlgorithmIdentifier.</summary>
    /// <param name="encoded">Its DER.</param>
    /// <param name="key">The kind of the key that is to verify it.</param>
    /// <param name="hash">The hash function.</param>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Read(ReadOnlySpan<byte> encoded, KeyAlgorithm key, out HashAlgorithmName hash)
    {
        var outer = new DerReader(encoded);
        var identifier = outer.ReadSequence();
        var oid = identifier.ReadOid();
        var parameters = identifier.HasData ? identifier.ReadEncoded() : [];
        identifier.ExpectEnd();

        var isEcdsa = oid[..^1].SequenceEqual(EcdsaWithSha2);
        hash = (isEcdsa, oid[..^1].SequenceEqual(Pkcs1), oid[^1]) switch
        {
            (true, _, 2) or (_, true, 11) => HashAlgorithmName.SHA256,
            (true, _, 3) or (_, true, 12) => HashAlgorithmName.SHA384,
            (true, _, 4) or (_, true, 13) => HashAlgorithmName.SHA512,
            _ => default,
        };
        if (hash == default)
        {
            return new Refusal(
                RefusalCode.SignatureAlgorithm,
                "The request is signed with an algorithm that is not accepted. "
                + "ECDSA and RSA PKCS#1 v1.5, with SHA-256, SHA-384 or SHA-512, are.");
        }

        if (isEcdsa != key is KeyAlgorithm.P256 or KeyAlgorithm.P384 or KeyAlgorithm.P521)
        {
            return RequestRefusals.BadCsr(
                "The signature algorithm of the request is not one for the kind of key in it.");
        }
        // RFC 5758 §3.2: absent. RFC 4055 §5: NULL.
        return (isEcdsa ? parameters.IsEmpty : parameters.SequenceEqual(Null))
            ? null
            : RequestRefusals.BadCsr(
                "The parameters of the signature algorithm must be absent for ECDSA and NULL for RSA.");
    }

    /// <summary>Gives the key to OpenSSL, which puts a point to the test of its curve equation, and verifies.</summary>
    /// <param name="key">The key.</param>
    /// <param name="signed">What is signed: the CertificationRequestInfo with its tag and length.</param>
    /// <param name="signature">The content of the signature's bit string.</param>
    /// <param name="hash">From <see cref="Read"/>.</param>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Verify(
        PublicKeyFacts key, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        var digest = CryptographicOperations.HashData(hash, signed);
        try
        {
            return (key.IsRsa ? VerifyRsa(key, digest, signature, hash) : VerifyEcdsa(key, digest, signature))
                ? null
                : RequestRefusals.PopInvalid;
        }
        catch (CryptographicException)
        {
            // The platform refuses the key; a signature that does not verify is no exception.
            return RequestRefusals.BadKey("The public key is not a valid one: its point is not on its curve.");
        }
    }

    private static bool VerifyRsa(
        PublicKeyFacts key, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        // RFC 8017 §8.2.2, step 1.
        if (signature.Length != key.Modulus.Length)
            return false;
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo, out _);
        return rsa.VerifyHash(digest, signature, hash, RSASignaturePadding.Pkcs1);
    }

    private static bool VerifyEcdsa(PublicKeyFacts key, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var curve = NamedCurve.Of(key.Algorithm);
        return OpenSslEcdsa.IsAvailable
            ? OpenSslEcdsa.Verify(curve, key.SubjectPublicKeyInfo.AsSpan(curve.Header.Length), digest, signature)
                && IsSignature(signature, curve.Order)
            : VerifyOnPlatform(key.SubjectPublicKeyInfo, digest, signature) && IsSignature(signature, curve.Order);
    }

    /// <summary>As <see cref="OpenSslEcdsa"/> does it, by the functions of the platform.</summary>
    internal static bool VerifyOnPlatform(
        ReadOnlySpan<byte> subjectPublicKeyInfo, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return ecdsa.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
    }

    // Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3), both from 1 to the order less 1.
    private static bool IsSignature(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> order)
    {
        try
        {
            var outer = new DerReader(signature);
            var pair = outer.ReadSequence();
            outer.ExpectEnd();
            var good = IsInRange(pair.ReadInteger(), order) && IsInRange(pair.ReadInteger(), order);
            pair.ExpectEnd();
            return good;
        }
        catch (AsnContentException)
        {
            // Not DER, which ECDSA libraries of old accepted and so had many signatures for one.
            return false;
        }
    }

    private static bool IsInRange(ReadOnlySpan<byte> value, ReadOnlySpan<byte> order)
    {
        if ((value[0] & 0x80) != 0)
            return false;
        value = value.TrimStart((byte)0);
        order = order.TrimStart((byte)0);
        return !value.IsEmpty
            && (value.Length < order.Length || (value.Length == order.Length && value.SequenceCompareTo(order) < 0));
    }
}
