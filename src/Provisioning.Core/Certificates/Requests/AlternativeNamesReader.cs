using System.Formats.Asn1;
using System.Net;

using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads the subject alternative names (RFC 5280 §4.2.1.6). A kind that no profile can grant refuses the whole request:
/// nothing is dropped in silence.
/// </summary>
internal static class AlternativeNamesReader
{
    private const int MaxNames = 64;
    private const int MaxIdentifier = 128;

    private static readonly Asn1Tag Explicit0 = new(TagClass.ContextSpecific, 0, isConstructed: true);

    // 1.3.6.1.5.5.7.8.3, RFC 4043
    private static ReadOnlySpan<byte> PermanentIdentifier => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x03];

    // 1.3.6.1.5.5.7.8.4, RFC 4108
    private static ReadOnlySpan<byte> HardwareModuleName => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x04];

    public static Refusal? Read(DerReader reader, RequestFacts facts)
    {
        var names = reader.ReadSequence();
        if (!names.HasData)
            return RequestRefusals.BadCsr("The subject alternative name is empty.");

        while (names.HasData)
        {
            if (facts.AlternativeNames.Count == MaxNames)
                return RequestRefusals.BadCsr($"The request asks for more than {MaxNames} alternative names.");
            if (ReadName(names.ReadEncoded(), out var name) is { } refusal)
                return refusal;
            facts.AlternativeNames.Add(name!);
        }

        return null;
    }

    private static Refusal? ReadName(ReadOnlySpan<byte> encoded, out GeneralName? name)
    {
        name = null;
        var tag = Asn1Tag.Decode(encoded, out _);
        if (tag.TagClass != TagClass.ContextSpecific)
            return RequestRefusals.BadCsr("An alternative name is not a GeneralName (RFC 5280 §4.2.1.6).");

        var reader = new DerReader(encoded);
        switch (tag.TagValue)
        {
            case 0:
                return ReadOtherName(reader.ReadSequence(Explicit0), out name);
            case 2:
                return HostName.Read(reader.ReadPrimitive(out _), out name);
            case 6:
                return UriName.Read(reader.ReadPrimitive(out _), out name);
            case 7:
                return ReadAddress(reader.ReadPrimitive(out _), out name);
            default:
                return RequestRefusals.BadCsr(
                    "The request asks for an alternative name of a kind that is not issued here. "
                    + "DNS names, IP addresses, URIs, permanent identifiers and hardware module names are.");
        }
    }

    // Which addresses are granted, loopback and link-local ones among them, is for the profile to say.
    private static Refusal? ReadAddress(ReadOnlySpan<byte> octets, out GeneralName? name)
    {
        name = octets.Length is 4 or 16 ? new GeneralName.Ip(new IPAddress(octets).ToString()) : null;
        return name is null ? RequestRefusals.BadCsr(
            "An IP address among the alternative names has not 4 or 16 octets.") : null;
    }

    // OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }
    private static Refusal? ReadOtherName(DerReader other, out GeneralName? name)
    {
        name = null;
        var type = other.ReadOid();
        if (!type.SequenceEqual(PermanentIdentifier) && !type.SequenceEqual(HardwareModuleName))
        {
            return RequestRefusals.BadCsr(
                "The only other names that are issued here are permanent identifiers (RFC 4043) and hardware module names (RFC 4108).");
        }

        var value = other.ReadSequence(Explicit0);
        other.ExpectEnd();
        var content = value.ReadSequence();
        value.ExpectEnd();
        return type.SequenceEqual(PermanentIdentifier)
            ? ReadPermanentIdentifier(content, out name)
            : ReadHardwareModuleName(content, out name);
    }

    // PermanentIdentifier ::= SEQUENCE { identifierValue UTF8String OPTIONAL, assigner OBJECT IDENTIFIER OPTIONAL }
    private static Refusal? ReadPermanentIdentifier(DerReader identifier, out GeneralName? name)
    {
        name = null;
        const string What = "The permanent identifier";
        if (!identifier.NextIs(new Asn1Tag(UniversalTagNumber.UTF8String)))
            return RequestRefusals.BadCsr(What + " has no value.");
        if ((CharacterString.Read(ref identifier, What, orIa5: false, out var text)
            ?? NameText.Check(text, What, MaxIdentifier)) is { } refusal)
        {
            return refusal;
        }

        var assigner = identifier.HasData ? ReadOidText(ref identifier) : null;
        identifier.ExpectEnd();
        name = new GeneralName.PermanentIdentifier(text, assigner);
        return null;
    }

    // HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING }
    private static Refusal? ReadHardwareModuleName(DerReader module, out GeneralName? name)
    {
        name = null;
        var type = ReadOidText(ref module);
        var serialNumber = module.ReadOctetString();
        module.ExpectEnd();
        if (serialNumber.Length is 0 or > MaxIdentifier)
            return RequestRefusals.BadCsr($"The serial number in a hardware module name has not 1 to {MaxIdentifier} octets.");
        name = new GeneralName.HardwareModuleName(type, Convert.ToHexString(serialNumber));
        return null;
    }

    private static string ReadOidText(ref DerReader reader)
    {
        var encoded = reader.ReadEncoded();
        new DerReader(encoded).ReadOid();
        return AsnDecoder.ReadObjectIdentifier(encoded, AsnEncodingRules.DER, out _);
    }
}
