using System.Formats.Asn1;
using Provisioning.Core.Certificates;

namespace Provisioning.Est;

/// <summary>
/// What a certification request should have in it (RFC 7030 §4.5.2, RFC 9908 §3): a key that the profile takes, with its parameters, a digest
/// that is accepted with it, and the usages that will be granted. Names are not told: they are made from who asks.
/// </summary>
internal static class CsrAttributes
{
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string ExtensionRequest = "1.2.840.113549.1.9.14";
    private const string ChallengePassword = "1.2.840.113549.1.9.7";
    private const string KeyUsage = "2.5.29.15";
    private const string ExtendedKeyUsage = "2.5.29.37";

    /// <summary>Writes CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID.</summary>
    /// <param name="profile">What is granted.</param>
    /// <param name="bindsChannel">True where the request must hold tls-unique (RFC 7030 §3.5).</param>
    internal static byte[] Write(Profile profile, bool bindsChannel)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var algorithms = profile.KeyAlgorithms.Order().ToList();
        using (writer.PushSequence())
        {
            if (bindsChannel) writer.WriteObjectIdentifier(ChallengePassword);
            WriteKeys(writer, algorithms);
            foreach (var digest in algorithms.Select(SignatureOf).Distinct()) writer.WriteObjectIdentifier(digest);
            WriteExtensions(writer, profile, algorithms);
        }

        return writer.Encode();
    }

    // One of a kind, the one that costs a device least: clients look for the first value, and a SET OF comes sorted by its octets.
    private static void WriteKeys(AsnWriter writer, IReadOnlyList<KeyAlgorithm> algorithms)
    {
        if (algorithms.Select(CurveOf).FirstOrDefault(curve => curve is not null) is { } named)
            WriteAttribute(writer, EcPublicKey, () => writer.WriteObjectIdentifier(named));
        if (algorithms.Select(SizeOf).FirstOrDefault(size => size is not null) is { } bits)
            WriteAttribute(writer, RsaEncryption, () => writer.WriteInteger(bits));
    }

    private static void WriteExtensions(AsnWriter writer, Profile profile, IReadOnlyList<KeyAlgorithm> algorithms)
    {
        // Where it differs from key to key, a client would have to know which it is for: then it is better left out.
        var usages = algorithms.Select(profile.KeyUsageOf).Distinct().ToList();
        if (usages.Count > 1 && profile.ExtendedKeyUsages.Count == 0) return;
        WriteAttribute(writer, ExtensionRequest, () =>
        {
            using (writer.PushSequence())
            {
                if (usages.Count == 1) WriteExtension(writer, KeyUsage, isCritical: true, value => value.WriteNamedBitList(usages[0]));
                if (profile.ExtendedKeyUsages.Count > 0)
                {
                    WriteExtension(writer, ExtendedKeyUsage, isCritical: false, value =>
                    {
                        using (value.PushSequence())
                        {
                            foreach (var purpose in profile.ExtendedKeyUsages) value.WriteObjectIdentifier(purpose);
                        }
                    });
                }
            }
        });
    }

    private static void WriteAttribute(AsnWriter writer, string type, Action values)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSetOf()) values();
        }
    }

    private static void WriteExtension(AsnWriter writer, string id, bool isCritical, Action<AsnWriter> content)
    {
        var value = new AsnWriter(AsnEncodingRules.DER);
        content(value);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(id);
            if (isCritical) writer.WriteBoolean(true);
            writer.WriteOctetString(value.Encode());
        }
    }

    private static string? CurveOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.P256 => "1.2.840.10045.3.1.7",
        KeyAlgorithm.P384 => "1.3.132.0.34",
        KeyAlgorithm.P521 => "1.3.132.0.35",
        _ => null,
    };

    private static int? SizeOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 => 2048,
        KeyAlgorithm.Rsa3072 => 3072,
        KeyAlgorithm.Rsa4096 => 4096,
        _ => null,
    };

    // ecdsa-with-SHA256, -384 and -512 (RFC 5758 §3.2), sha256WithRSAEncryption (RFC 4055 §5).
    private static string SignatureOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.P256 => "1.2.840.10045.4.3.2",
        KeyAlgorithm.P384 => "1.2.840.10045.4.3.3",
        KeyAlgorithm.P521 => "1.2.840.10045.4.3.4",
        _ => "1.2.840.113549.1.1.11",
    };
}
