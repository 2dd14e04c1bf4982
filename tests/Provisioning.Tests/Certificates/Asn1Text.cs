using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Provisioning.Tests.Certificates;

/// <summary>DER as a tree of lines that a person can read. Knows nothing of certificates but the names of their OIDs.</summary>
internal static class Asn1Text
{
    private static readonly Dictionary<string, string> OidNames = new()
    {
        ["2.5.4.3"] = "commonName",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "countryName",
        ["2.5.4.7"] = "localityName",
        ["2.5.4.10"] = "organizationName",
        ["2.5.4.11"] = "organizationalUnitName",
        ["2.5.29.14"] = "subjectKeyIdentifier",
        ["2.5.29.15"] = "keyUsage",
        ["2.5.29.17"] = "subjectAltName",
        ["2.5.29.19"] = "basicConstraints",
        ["2.5.29.31"] = "cRLDistributionPoints",
        ["2.5.29.32"] = "certificatePolicies",
        ["2.5.29.35"] = "authorityKeyIdentifier",
        ["2.5.29.37"] = "extKeyUsage",
        ["1.3.6.1.5.5.7.1.1"] = "authorityInfoAccess",
        ["1.3.6.1.5.5.7.48.2"] = "caIssuers",
        ["1.3.6.1.5.5.7.2.1"] = "cps",
        ["1.3.6.1.5.5.7.3.1"] = "serverAuth",
        ["1.3.6.1.5.5.7.3.2"] = "clientAuth",
        ["1.3.6.1.5.5.7.3.14"] = "eapOverLAN",
        ["1.3.6.1.5.5.7.3.36"] = "documentSigning",
        ["1.3.6.1.5.5.7.8.3"] = "permanentIdentifier",
        ["1.3.6.1.5.5.7.8.4"] = "hardwareModuleName",
        ["1.2.840.10045.2.1"] = "ecPublicKey",
        ["1.2.840.10045.3.1.7"] = "prime256v1",
        ["1.2.840.10045.4.3.2"] = "ecdsa-with-SHA256",
        ["1.2.840.113549.1.1.1"] = "rsaEncryption",
    };

    internal static string Write(ReadOnlyMemory<byte> der)
    {
        var text = new StringBuilder();
        Write(text, der, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, ReadOnlyMemory<byte> der, int depth)
    {
        var reader = new AsnReader(der, AsnEncodingRules.DER);
        while (reader.HasData)
        {
            var tag = reader.PeekTag();
            text.Append(' ', 2 * depth);
            if (tag.IsConstructed)
            {
                text.Append(Name(tag)).Append('\n');
                var content = reader.PeekContentBytes();
                reader.ReadEncodedValue();
                Write(text, content, depth + 1);
            }
            else if (tag == Asn1Tag.PrimitiveOctetString && IsDer(reader.PeekContentBytes()))
            {
                text.Append("OCTET STRING, of\n");
                var content = reader.PeekContentBytes();
                reader.ReadEncodedValue();
                Write(text, content, depth + 1);
            }
            else
            {
                text.Append($"{Name(tag)} {Value(reader, tag)}".TrimEnd()).Append('\n');
            }
        }
    }

    private static string Name(Asn1Tag tag) => tag.TagClass == TagClass.Universal
        ? (UniversalTagNumber)tag.TagValue switch
        {
            UniversalTagNumber.Sequence => "SEQUENCE",
            UniversalTagNumber.Set => "SET",
            UniversalTagNumber.OctetString => "OCTET STRING",
            UniversalTagNumber.BitString => "BIT STRING",
            UniversalTagNumber.ObjectIdentifier => "OBJECT",
            var other => other.ToString(),
        }
        : $"[{tag.TagValue}]";

    private static string Value(AsnReader reader, Asn1Tag tag)
    {
        if (tag.TagClass != TagClass.Universal)
        {
            var content = reader.PeekContentBytes().ToArray();
            reader.ReadEncodedValue();
            return content.All(octet => octet is >= 0x20 and < 0x7F) ? $"'{System.Text.Encoding.ASCII.GetString(content)}'" : Convert.ToHexString(content);
        }

        switch ((UniversalTagNumber)tag.TagValue)
        {
            case UniversalTagNumber.ObjectIdentifier:
                var oid = reader.ReadObjectIdentifier();
                return OidNames.TryGetValue(oid, out var name) ? $"{oid} {name}" : oid;
            case UniversalTagNumber.Boolean:
                return reader.ReadBoolean() ? "TRUE" : "FALSE";
            case UniversalTagNumber.Integer:
                var number = reader.ReadInteger();
                return number < new BigInteger(1 << 20) ? number.ToString(CultureInfo.InvariantCulture) : "0x" + number.ToString("X", CultureInfo.InvariantCulture);
            case UniversalTagNumber.UtcTime or UniversalTagNumber.GeneralizedTime:
                var time = System.Text.Encoding.ASCII.GetString(reader.PeekContentBytes().Span);
                reader.ReadEncodedValue();
                return time;
            case UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String:
                return $"'{reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)}'";
            case UniversalTagNumber.BitString:
                var bits = reader.ReadBitString(out var unused);
                return bits.Length <= 2 ? string.Concat(bits.Select(octet => octet.ToString("b8", null)))[..^unused] : Convert.ToHexString(bits);
            default:
                var rest = reader.PeekContentBytes();
                reader.ReadEncodedValue();
                return Convert.ToHexString(rest.Span);
        }
    }

    private static bool IsDer(ReadOnlyMemory<byte> content)
    {
        try
        {
            // A hash or a serial number that happens to look like DER is too rare to matter: the values here are fixed.
            var reader = new AsnReader(content, AsnEncodingRules.DER);
            var tag = reader.PeekTag();
            reader.ReadEncodedValue();
            return !reader.HasData && tag.TagClass == TagClass.Universal
                && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.Sequence or UniversalTagNumber.BitString or UniversalTagNumber.OctetString;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
