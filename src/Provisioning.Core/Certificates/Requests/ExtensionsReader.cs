using System.Formats.Asn1;

using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads the extensions that are asked for (RFC 5280 §4.2). Four are known; an unknown one is refused when critical and
/// ignored otherwise, for nothing of a request is copied into a certificate.
/// </summary>
internal static class ExtensionsReader
{
    private const int MaxExtensions = 32;
    private const int MaxLength = 4 * 1024;
    private const int MaxDepth = 8;
    private const int MaxUsages = 16;

    // 2.5.29.x
    private static ReadOnlySpan<byte> Arc => [0x55, 0x1D];

    public static Refusal? Read(DerReader extensions, RequestFacts facts)
    {
        var seen = new HashSet<string>();
        do
        {
            var encoded = extensions.ReadEncoded();
            if (encoded.Length > MaxLength)
            {
                return RequestRefusals.BadCsr(
                    $"An extension that the request asks for is longer than {MaxLength} octets.");
            }

            var extension = new DerReader(encoded).ReadSequence();
            var id = extension.ReadOid();
            var critical = extension.NextIs(Asn1Tag.Boolean);
            // DER leaves a default out (X.690 §11.5), so the only boolean that may stand here is TRUE.
            if (critical && !extension.ReadBoolean())
                return RequestRefusals.BadCsr("An extension says critical FALSE, which DER leaves out.");
            var value = extension.ReadOctetString();
            extension.ExpectEnd();

            if (!seen.Add(Convert.ToHexString(id)))
                return RequestRefusals.BadCsr("The request asks for the same extension twice.");
            if (seen.Count > MaxExtensions)
                return RequestRefusals.BadCsr($"The request asks for more than {MaxExtensions} extensions.");
            if (DerStructure.Check(value, MaxDepth) != DerStructure.Verdict.Good)
            {
                return RequestRefusals.BadCsr(
                    $"The value of an extension is not DER, or nested deeper than {MaxDepth} levels.");
            }

            if (ReadExtension(id, critical, value, facts) is { } refusal)
                return refusal;
        }
        while (extensions.HasData);

        return null;
    }

    private static Refusal? ReadExtension(
        ReadOnlySpan<byte> id, bool critical, ReadOnlySpan<byte> value, RequestFacts facts)
    {
        var known = id.Length == 3 && id.StartsWith(Arc) ? id[2] : 0;
        return known switch
        {
            15 => ReadKeyUsage(new DerReader(value), facts),
            17 => AlternativeNamesReader.Read(new DerReader(value), facts),
            19 => ReadBasicConstraints(new DerReader(value)),
            37 => ReadExtendedKeyUsage(new DerReader(value), facts),
            _ => critical
                ? new Refusal(
                    RefusalCode.UnsupportedExtension,
                    "The request asks for a critical extension that is not known here.")
                : null,
        };
    }

    // RFC 5280 §4.2.1.3: KeyUsage ::= BIT STRING, named bits, at least one of them set.
    private static Refusal? ReadKeyUsage(DerReader reader, RequestFacts facts)
    {
        var bits = reader.ReadBitString(out var unused);
        if (bits.IsEmpty)
            return NotAllowed("The request asks for a key usage without any bit, which no certificate may have.");
        // Named bits end with the last one that is set (X.690 §11.2.2), and there are nine of them.
        if (bits.Length > 2 || ((bits[^1] >> unused) & 1) == 0 || (bits.Length == 2 && bits[1] != 0x80))
            return RequestRefusals.BadCsr("The key usage that the request asks for is malformed.");

        var usage = KeyUsages.None;
        for (var bit = 0; bit < bits.Length * 8; bit++)
        {
            // Bit 0 is the most significant one of the first octet.
            if ((bits[bit / 8] & (0x80 >> (bit % 8))) != 0)
                usage |= (KeyUsages)(1 << bit);
        }

        facts.KeyUsage = usage;
        return null;
    }

    // RFC 5280 §4.2.1.12: ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId
    private static Refusal? ReadExtendedKeyUsage(DerReader reader, RequestFacts facts)
    {
        var usages = reader.ReadSequence();
        if (!usages.HasData)
            return NotAllowed("The request asks for an empty extended key usage, which no certificate may have.");

        while (usages.HasData)
        {
            if (facts.ExtendedKeyUsages.Count == MaxUsages)
                return RequestRefusals.BadCsr($"The request asks for more than {MaxUsages} extended key usages.");
            var encoded = usages.ReadEncoded();
            new DerReader(encoded).ReadOid();
            facts.ExtendedKeyUsages.Add(AsnDecoder.ReadObjectIdentifier(encoded, AsnEncodingRules.DER, out _));
        }

        return null;
    }

    // RFC 5280 §4.2.1.9: BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
    private static Refusal? ReadBasicConstraints(DerReader reader)
    {
        var constraints = reader.ReadSequence();
        if (constraints.NextIs(Asn1Tag.Boolean))
        {
            return constraints.ReadBoolean()
                // Whatever the path length says.
                ? new Refusal(RefusalCode.CaRequested, "The request asks to become a certificate authority.")
                : RequestRefusals.BadCsr("The basic constraints say cA FALSE, which DER leaves out.");
        }

        constraints.ExpectEnd();
        return null;
    }

    private static Refusal NotAllowed(string detail) => new(RefusalCode.ExtensionNotAllowed, detail);
}
