using System.Formats.Asn1;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Provisioning.Core.Certificates;

namespace Provisioning.Est;

/// <summary>
/// What a certification request should have in it (RFC 7030 §4.5.2, RFC 9908 §3): a key that the profile takes, with its parameters, a digest
/// that is accepted with it, and the usages that will be granted. Names are not told: they are made from who asks.
/// </summary>
internal static class CsrAttributes
{
    /// <summary>Writes CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID.</summary>
    /// <param name="profile">What is granted.</param>
    /// <param name="bindsChannel">True where the request must hold tls-unique (RFC 7030 §3.5).</param>
    internal static byte[] Write(Profile profile, bool bindsChannel)
    {
        var algorithms = profile.KeyAlgorithms.Order().ToList();
        var all = new Asn1EncodableVector();
        if (bindsChannel) all.Add(PkcsObjectIdentifiers.Pkcs9AtChallengePassword);

        // One of a kind, the one that costs a device least: clients look for the first value, and a SET OF comes sorted by its octets.
        var kinds = algorithms.Select(KindOf).ToList();
        foreach (var (type, parameter, _) in kinds.DistinctBy(kind => kind.Type)) all.Add(new AttributePkcs(type, new DerSet(parameter)));
        foreach (var signature in kinds.Select(kind => kind.Signature).Distinct()) all.Add(signature);
        if (ExtensionsOf(profile, algorithms) is { Count: > 0 } extensions)
            all.Add(new AttributePkcs(PkcsObjectIdentifiers.Pkcs9AtExtensionRequest, new DerSet(new DerSequence(extensions.ToArray()))));
        return new DerSequence(all).GetEncoded(Asn1Encodable.Der);
    }

    private static List<Asn1Encodable> ExtensionsOf(Profile profile, IReadOnlyList<KeyAlgorithm> algorithms)
    {
        var extensions = new List<Asn1Encodable>();

        // Where it differs from key to key, a client would have to know which it is for: then it is better left out.
        if (algorithms.Select(profile.KeyUsageOf).Distinct().ToList() is [var usage])
        {
            var bits = new AsnWriter(AsnEncodingRules.DER);
            bits.WriteNamedBitList(usage);
            extensions.Add(new DerSequence(X509Extensions.KeyUsage, DerBoolean.True, new DerOctetString(bits.Encode())));
        }

        if (profile.ExtendedKeyUsages.Count > 0)
        {
            var purposes = new DerSequence(profile.ExtendedKeyUsages.Select(oid => new DerObjectIdentifier(oid)).ToArray<Asn1Encodable>());
            extensions.Add(new DerSequence(X509Extensions.ExtendedKeyUsage, new DerOctetString(purposes)));
        }

        return extensions;
    }

    private static (DerObjectIdentifier Type, Asn1Encodable Parameter, DerObjectIdentifier Signature) KindOf(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.P256 => Ec(X9ObjectIdentifiers.Prime256v1, X9ObjectIdentifiers.ECDsaWithSha256),
        KeyAlgorithm.P384 => Ec(SecObjectIdentifiers.SecP384r1, X9ObjectIdentifiers.ECDsaWithSha384),
        KeyAlgorithm.P521 => Ec(SecObjectIdentifiers.SecP521r1, X9ObjectIdentifiers.ECDsaWithSha512),
        KeyAlgorithm.Rsa2048 => Rsa(2048),
        KeyAlgorithm.Rsa3072 => Rsa(3072),
        _ => Rsa(4096),
    };

    private static (DerObjectIdentifier, Asn1Encodable, DerObjectIdentifier) Ec(DerObjectIdentifier curve, DerObjectIdentifier signature) =>
        (X9ObjectIdentifiers.IdECPublicKey, curve, signature);

    private static (DerObjectIdentifier, Asn1Encodable, DerObjectIdentifier) Rsa(int bits) =>
        (PkcsObjectIdentifiers.RsaEncryption, DerInteger.ValueOf(bits), PkcsObjectIdentifiers.Sha256WithRsaEncryption);
}
