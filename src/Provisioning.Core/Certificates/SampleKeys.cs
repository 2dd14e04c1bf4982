using System.Collections.Concurrent;
using System.Formats.Asn1;

namespace Provisioning.Core.Certificates;

/// <summary>
/// Public keys of every kind, to plan with and never to sign: of each curve its generator, which is everybody's, and for RSA a number
/// of the right size.
/// </summary>
internal static class SampleKeys
{
    private static readonly ConcurrentDictionary<KeyAlgorithm, SubjectPublicKey> All = new();

    // SEC 2 version 2: the generators, uncompressed.
    private const string P256 = "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        + "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5";

    private const string P384 = "04AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7"
        + "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F";

    private const string P521 = "0400C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66"
        + "011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650";

    /// <summary>A serial number as long as they get.</summary>
    internal static SerialNumber SerialNumber { get; } = FirstSerialNumber();

    internal static SubjectPublicKey Of(KeyAlgorithm algorithm) => All.GetOrAdd(algorithm, static kind =>
    {
        var info = kind switch
        {
            KeyAlgorithm.P256 => OnCurve("1.2.840.10045.3.1.7", P256),
            KeyAlgorithm.P384 => OnCurve("1.3.132.0.34", P384),
            KeyAlgorithm.P521 => OnCurve("1.3.132.0.35", P521),
            KeyAlgorithm.Rsa2048 => Rsa(2048),
            KeyAlgorithm.Rsa3072 => Rsa(3072),
            _ => Rsa(4096),
        };
        return new SubjectPublicKey(kind, info, Digest.Of(info));
    });

    private static byte[] OnCurve(string curve, string point)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.10045.2.1");
                writer.WriteObjectIdentifier(curve);
            }

            writer.WriteBitString(Convert.FromHexString(point));
        }

        return writer.Encode();
    }

    private static byte[] Rsa(int bits)
    {
        var modulus = new byte[bits / 8];
        modulus.AsSpan().Fill(0xD5);
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteIntegerUnsigned(modulus);
            key.WriteInteger(65537);
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                writer.WriteNull();
            }

            writer.WriteBitString(key.Encode());
        }

        return writer.Encode();
    }

    private static SerialNumber FirstSerialNumber() =>
        SerialNumber.TryParse("7F000000000000000000000000000001", out var serialNumber) ? serialNumber : throw new InvalidOperationException();
}
