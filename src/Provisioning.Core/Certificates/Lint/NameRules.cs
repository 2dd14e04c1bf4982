using System.Formats.Asn1;
using System.Text;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>Rules about the names in a certificate (RFC 5280 §4.1.2.6, §4.2.1.6 and appendix A.1), by their bytes.</summary>
internal static class NameRules
{
    private static readonly Asn1Tag OtherNameTag = new(TagClass.ContextSpecific, 0, isConstructed: true);

    internal static IReadOnlyList<LintRule> All { get; } =
    [
        new("subject-attributes", "RFC 5280 appendix A.1: a known type, the string type that it wants, and its upper bound", SubjectIsGood)
            { Field = "/subject" },
        new("dns-name-syntax", "RFC 5280 §4.2.1.6: dNSName in the preferred name syntax, IA5String",
            s => AllOf(s, 2, value => ToAscii(value) is { } name && NameSyntax.CheckDns(name) is null)) { Field = "/alternativeNames" },
        new("uri-syntax", "RFC 5280 §4.2.1.6: an absolute URI (RFC 3986), its host a domain name or an address; SPIFFE-ID §2",
            s => AllOf(s, 6, value => ToAscii(value) is { } uri && NameSyntax.CheckUri(uri) is null)) { Field = "/alternativeNames" },
        new("one-spiffe-id", "X509-SVID §2: exactly one URI where one is a SPIFFE ID", HasOneSpiffeId) { Field = "/alternativeNames" },
        new("ip-address-length", "RFC 5280 §4.2.1.6: four octets, or sixteen",
            s => AllOf(s, 7, value => value.Length is 4 or 16)) { Field = "/alternativeNames" },
        new("other-name-syntax", "RFC 4043 §2 and RFC 4108 §5: permanentIdentifier and hardwareModuleName, each with a value",
            s => AllOf(s, 0, OtherNameIsGood)) { Field = "/alternativeNames" },
        new("alternative-name-kinds", "RFC 5280 §4.2.1.6: otherName, dNSName, uniformResourceIdentifier and iPAddress are written here",
            s => s.AlternativeNames.All(name => name.Tag is 0 or 2 or 6 or 7)) { Field = "/alternativeNames" },
    ];

    private static bool SubjectIsGood(LintSubject subject)
    {
        var names = new AsnReader(subject.Tbs.Subject, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var set = names.ReadSetOf();
            var attribute = set.ReadSequence();
            if (set.HasData || SubjectAttribute.Find(attribute.ReadObjectIdentifier()) is not { } type) return false;
            if (attribute.PeekTag() != new Asn1Tag(type.StringType)) return false;
            var value = attribute.ReadCharacterString(type.StringType);
            var length = value.EnumerateRunes().Count();
            if (length is 0 || length > type.MaxLength || attribute.HasData) return false;
            if (type == SubjectAttribute.Country && type.Check(value) is not null) return false;
        }

        return true;
    }

    // Gives the content octets of primitive names, and all octets of other names.
    private static bool AllOf(LintSubject subject, int kind, Func<ReadOnlyMemory<byte>, bool> isGood)
    {
        foreach (var (tag, encoded) in subject.AlternativeNames)
        {
            if (tag != kind) continue;
            if (kind == 0)
            {
                if (!isGood(encoded)) return false;
                continue;
            }

            Asn1Tag expected = new(TagClass.ContextSpecific, kind);
            if (Asn1Tag.Decode(encoded.Span, out _) != expected || !isGood(AsnDecoder.ReadOctetString(encoded.Span, AsnEncodingRules.DER, out _, expected)))
                return false;
        }

        return true;
    }

    private static string? ToAscii(ReadOnlyMemory<byte> octets) =>
        Ascii.IsValid(octets.Span) ? System.Text.Encoding.ASCII.GetString(octets.Span) : null;

    private static bool HasOneSpiffeId(LintSubject subject)
    {
        var uris = 0;
        var hasSpiffe = false;
        foreach (var (tag, encoded) in subject.AlternativeNames)
        {
            if (tag != 6) continue;
            uris++;
            hasSpiffe |= encoded.Span.IndexOf("spiffe://"u8) >= 0 && encoded.Span.IndexOf("spiffe://"u8) <= 5;
        }

        return !hasSpiffe || uris == 1;
    }

    private static bool OtherNameIsGood(ReadOnlyMemory<byte> encoded)
    {
        var other = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence(OtherNameTag);
        var oid = other.ReadObjectIdentifier();
        var wrapped = other.ReadSequence(OtherNameTag);
        var value = wrapped.ReadSequence();
        if (other.HasData || wrapped.HasData) return false;
        switch (oid)
        {
            case Oids.PermanentIdentifier:
                if (value.ReadCharacterString(UniversalTagNumber.UTF8String).Length == 0) return false;
                if (value.HasData) _ = value.ReadObjectIdentifier();
                return !value.HasData;
            case Oids.HardwareModuleName:
                _ = value.ReadObjectIdentifier();
                return value.ReadOctetString().Length > 0 && !value.HasData;
            default:
                return false;
        }
    }
}
