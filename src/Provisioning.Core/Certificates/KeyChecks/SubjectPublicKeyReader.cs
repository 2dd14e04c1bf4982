using System.Formats.Asn1;

using Provisioning.Core.Certificates.Requests;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>
/// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) by an allow-list: three curves by name with an uncompressed point
/// (RFC 5480 §2), RSA of three sizes with e = 65537 (RFC 3279 §2.3.1). No arithmetic is done here but comparisons.
/// </summary>
internal static class SubjectPublicKeyReader
{
    private const byte Uncompressed = 0x04;

    // 1.2.840.10045.2.1
    private static ReadOnlySpan<byte> EcPublicKey => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

    // 1.2.840.113549.1.1.1
    private static ReadOnlySpan<byte> RsaEncryption => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

    private static ReadOnlySpan<byte> Null => [0x05, 0x00];

    private static ReadOnlySpan<byte> Exponent => [0x01, 0x00, 0x01];

    public static Refusal? Read(ReadOnlySpan<byte> encoded, out PublicKeyFacts key)
    {
        key = null!;
        try
        {
            var outer = new DerReader(encoded);
            var info = outer.ReadSequence();
            var algorithm = info.ReadSequence();
            var type = algorithm.ReadOid();
            var parameters = algorithm.HasData ? algorithm.ReadEncoded() : [];
            algorithm.ExpectEnd();
            var bits = info.ReadBitString(out var unused);
            info.ExpectEnd();
            if (unused != 0)
                return RequestRefusals.BadKey("The public key is not a whole number of octets.");
            if (type.SequenceEqual(EcPublicKey))
                return ReadPoint(parameters, bits, out key);
            return type.SequenceEqual(RsaEncryption) ? ReadRsa(parameters, bits, out key) : Unsupported();
        }
        catch (AsnContentException)
        {
            // Thrown by the framework's primitives; an algorithm identifier or a key that is not DER of the expected
            // form.
            return RequestRefusals.BadKey("The public key is malformed.");
        }
    }

    private static Refusal? ReadPoint(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> point, out PublicKeyFacts key)
    {
        key = null!;
        // RFC 5480 §2.1.1: implicitCurve and specifiedCurve MUST NOT be used. A curve that is spelled out may be one on
        // which the caller knows the private key of anybody (CVE-2020-0601), even when it looks like a known one.
        if (parameters.IsEmpty || parameters[0] != 0x06)
            return RequestRefusals.BadKey("The curve of the key is not given by its name (RFC 5480 §2.1.1).");

        NamedCurve? curve = null;
        foreach (var candidate in NamedCurve.All)
        {
            if (parameters.SequenceEqual(candidate.EncodedOid))
                curve = candidate;
        }

        if (curve is null)
            return Unsupported();

        var size = curve.Prime.Length;
        if (point.Length != 1 + (2 * size) || point[0] != Uncompressed)
            return RequestRefusals.BadKey("The public key is not an uncompressed point of its curve (RFC 5480 §2.2).");
        // Whether the point is on the curve is left to whoever verifies with it, which takes no other (SEC 1 §3.2.2.1).
        var x = point.Slice(1, size);
        var y = point[(1 + size)..];
        if (x.SequenceCompareTo(curve.Prime) >= 0 || y.SequenceCompareTo(curve.Prime) >= 0)
            return RequestRefusals.BadKey("A coordinate of the public key is not below the prime of its curve.");

        key = new PublicKeyFacts(curve.Algorithm, [.. curve.Header, .. point], []);
        return null;
    }

    // RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
    private static Refusal? ReadRsa(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> encoded, out PublicKeyFacts key)
    {
        key = null!;
        if (!parameters.SequenceEqual(Null))
            return RequestRefusals.BadKey("The parameters of an RSA key are not NULL (RFC 3279 §2.3.1).");

        var outer = new DerReader(encoded);
        var pair = outer.ReadSequence();
        outer.ExpectEnd();
        var modulus = pair.ReadInteger();
        var exponent = pair.ReadInteger();
        pair.ExpectEnd();

        // A positive number of a whole number of octets has one zero octet before it.
        var octets = modulus[0] == 0 ? modulus[1..] : [];
        var algorithm = octets.Length switch
        {
            256 => KeyAlgorithm.Rsa2048,
            384 => KeyAlgorithm.Rsa3072,
            512 => KeyAlgorithm.Rsa4096,
            _ => (KeyAlgorithm?)null,
        };
        if (algorithm is null || (octets[0] & 0x80) == 0)
        {
            return RequestRefusals.BadKey(
                "The RSA modulus is not a positive number of 2048, 3072 or 4096 bits exactly.");
        }

        if (!exponent.SequenceEqual(Exponent))
            return RequestRefusals.BadKey("The RSA public exponent is not 65537.");

        key = new PublicKeyFacts(algorithm.Value, EncodeRsa(octets), octets.ToArray());
        return null;
    }

    /// <summary>The one canonical form of an RSA key: a modulus without leading zeros, and e = 65537.</summary>
    public static byte[] EncodeRsa(ReadOnlySpan<byte> modulus)
    {
        var pair = new AsnWriter(AsnEncodingRules.DER);
        using (pair.PushSequence())
        {
            pair.WriteIntegerUnsigned(modulus);
            pair.WriteIntegerUnsigned(Exponent);
        }

        var info = new AsnWriter(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                info.WriteNull();
            }

            info.WriteBitString(pair.Encode());
        }

        return info.Encode();
    }

    private static Refusal Unsupported() => new(
        RefusalCode.UnsupportedKey,
        "The key is of a kind that is not certified here. P-256, P-384, P-521 and RSA of 2048, 3072 or 4096 bits are.");
}
