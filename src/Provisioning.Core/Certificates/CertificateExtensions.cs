using System.Collections;
using System.Diagnostics;
using System.Formats.Asn1;
using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Certificates;

/// <summary>Writes the extensions of RFC 5280 §4.2 that certificates of this service carry.</summary>
internal static class CertificateExtensions
{
    private static readonly Asn1Tag KeyIdentifierTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag FullNameTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag OtherNameTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag IpTag = new(TagClass.ContextSpecific, 7);

    /// <summary>
    /// The extensions that are the same in every certificate of a profile, issuer, kind of key and shard of the CRL: encoded once, then copied.
    /// </summary>
    internal static IReadOnlyList<byte[]> Constant(
        Profile profile, bool isRsa, string? issuer, ReadOnlyMemory<byte> issuerKeyIdentifier, PublicAddresses addresses, int shard = 0)
    {
        List<byte[]> all = [BasicConstraints(profile.PathLength), KeyUsage(isRsa ? profile.KeyUsage | profile.RsaKeyUsage : profile.KeyUsage)];
        if (profile.ExtendedKeyUsages.Count > 0) all.Add(ExtendedKeyUsage(profile.ExtendedKeyUsages));
        if (profile.Policies.Count > 0) all.Add(CertificatePolicies(profile.Policies));

        // A self-signed certificate needs no authority key identifier (RFC 5280 §4.2.1.1), and a trust anchor is neither
        // revoked by its own CRL nor fetched from an address that it names itself.
        if (issuer is not null)
        {
            all.Add(AuthorityKeyIdentifier(issuerKeyIdentifier));

            // Nobody is to check who answers for how certificates stand, and so nobody is told where (RFC 6960 §4.2.2.2.1, RFC 9919 §3.2.2).
            if (!profile.AnswersOcsp) all.Add(CrlDistributionPoint(addresses.Crl(issuer, shard)));
            all.Add(AuthorityInfoAccess(addresses.Certificate(issuer), profile.AnswersOcsp ? null : addresses.Ocsp(issuer)));
            if (profile.AnswersOcsp) all.Add(Write(Oids.OcspNoCheck, critical: false, writer => writer.WriteNull()));
        }

        return all;
    }

    /// <summary>
    /// The leftmost 160 bits of the SHA-256 of the subjectPublicKey BIT STRING's value (RFC 7093 §2, method 1).
    /// </summary>
    internal static byte[] KeyIdentifier(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        AsnDecoder.ReadSequence(subjectPublicKeyInfo, AsnEncodingRules.DER, out var start, out var length, out _);
        var content = subjectPublicKeyInfo.Slice(start, length);
        AsnDecoder.ReadSequence(content, AsnEncodingRules.DER, out _, out _, out var algorithmLength);
        var key = AsnDecoder.ReadBitString(content[algorithmLength..], AsnEncodingRules.DER, out _, out _);
        return SHA256.HashData(key)[..20];
    }

    internal static byte[] SubjectKeyIdentifier(byte[] identifier) =>
        Write(Oids.SubjectKeyIdentifier, critical: false, writer => writer.WriteOctetString(identifier));

    internal static byte[] SubjectAltName(IReadOnlyList<GeneralName> names, bool critical) =>
        Write(Oids.SubjectAltName, critical, writer =>
        {
            using (writer.PushSequence())
                foreach (var name in names) WriteName(writer, name);
        });

    private static byte[] BasicConstraints(int? pathLength) =>
        Write(Oids.BasicConstraints, critical: true, writer =>
        {
            using (writer.PushSequence())
            {
                if (pathLength is null) return;
                writer.WriteBoolean(true);
                writer.WriteInteger(pathLength.Value);
            }
        });

    private static byte[] KeyUsage(KeyUsages usage) =>
        Write(Oids.KeyUsage, critical: true, writer => writer.WriteNamedBitList(NamedBits(usage)));

    private static byte[] ExtendedKeyUsage(IReadOnlyList<string> purposes) =>
        Write(Oids.ExtendedKeyUsage, critical: false, writer =>
        {
            using (writer.PushSequence())
                foreach (var purpose in purposes) writer.WriteObjectIdentifier(purpose);
        });

    // PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OF { id, cPSuri IA5String } OPTIONAL }
    private static byte[] CertificatePolicies(IReadOnlyList<CertificatePolicy> policies) =>
        Write(Oids.CertificatePolicies, critical: false, writer =>
        {
            using (writer.PushSequence())
                foreach (var policy in policies) WritePolicy(writer, policy);
        });

    private static void WritePolicy(AsnWriter writer, CertificatePolicy policy)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(policy.Oid);
            if (policy.Cps is not { } cps) return;
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.CpsQualifier);
                writer.WriteCharacterString(UniversalTagNumber.IA5String, cps);
            }
        }
    }

    private static byte[] AuthorityKeyIdentifier(ReadOnlyMemory<byte> identifier) =>
        Write(Oids.AuthorityKeyIdentifier, critical: false, writer =>
        {
            using (writer.PushSequence()) writer.WriteOctetString(identifier.Span, KeyIdentifierTag);
        });

    private static byte[] CrlDistributionPoint(string address) =>
        Write(Oids.CrlDistributionPoints, critical: false, writer =>
        {
            using (writer.PushSequence())
            using (writer.PushSequence())
            using (writer.PushSequence(FullNameTag))
            using (writer.PushSequence(FullNameTag))
                writer.WriteCharacterString(UniversalTagNumber.IA5String, address, UriTag);
        });

    private static byte[] AuthorityInfoAccess(string caIssuers, string? ocsp) =>
        Write(Oids.AuthorityInfoAccess, critical: false, writer =>
        {
            using (writer.PushSequence())
            {
                if (ocsp is not null) WriteAccess(writer, Oids.Ocsp, ocsp);
                WriteAccess(writer, Oids.CaIssuers, caIssuers);
            }
        });

    private static void WriteAccess(AsnWriter writer, string method, string address)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(method);
            writer.WriteCharacterString(UniversalTagNumber.IA5String, address, UriTag);
        }
    }

    private static void WriteName(AsnWriter writer, GeneralName name)
    {
        switch (name)
        {
            case GeneralName.Dns(var dns):
                writer.WriteCharacterString(UniversalTagNumber.IA5String, dns, DnsTag);
                break;
            case GeneralName.Uri(var uri):
                writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, UriTag);
                break;
            case GeneralName.Ip(var ip):
                writer.WriteOctetString(IPAddress.Parse(ip).GetAddressBytes(), IpTag);
                break;
            case GeneralName.PermanentIdentifier(var value, var assigner):
                // PermanentIdentifier ::= SEQUENCE { identifierValue UTF8String, assigner OBJECT IDENTIFIER OPTIONAL } (RFC 4043 §2)
                WriteOtherName(writer, Oids.PermanentIdentifier, () =>
                {
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, value);
                    if (assigner is not null) writer.WriteObjectIdentifier(assigner);
                });
                break;
            case GeneralName.HardwareModuleName(var type, var serialNumber):
                // HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING } (RFC 4108 §5)
                WriteOtherName(writer, Oids.HardwareModuleName, () =>
                {
                    writer.WriteObjectIdentifier(type);
                    writer.WriteOctetString(Convert.FromHexString(serialNumber));
                });
                break;
            default:
                throw new UnreachableException();
        }
    }

    // AnotherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } (RFC 5280 §4.2.1.6)
    private static void WriteOtherName(AsnWriter writer, string oid, Action fields)
    {
        using (writer.PushSequence(OtherNameTag))
        {
            writer.WriteObjectIdentifier(oid);
            using (writer.PushSequence(FullNameTag))
            using (writer.PushSequence())
                fields();
        }
    }

    // BitArray counts as a named bit list does: index 0 is the bit named first (X.690 §11.2.2 drops the trailing zeros).
    private static BitArray NamedBits(KeyUsages usage)
    {
        var bits = new BitArray(BitOperations.Log2((uint)usage) + 1);
        for (var bit = 0; bit < bits.Length; bit++) bits[bit] = ((int)usage & (1 << bit)) != 0;
        return bits;
    }

    private static byte[] Write(string oid, bool critical, Action<AsnWriter> value)
    {
        var inner = new AsnWriter(AsnEncodingRules.DER);
        value(inner);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (critical) writer.WriteBoolean(true);
            writer.WriteOctetString(inner.Encode());
        }

        return writer.Encode();
    }
}
