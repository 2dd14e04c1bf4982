using System.Formats.Asn1;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads the attributes (RFC 2986 §4.1): the extension request, the challenge password, and how a key that is made here is
/// to be protected. Others are ignored, within limits.
/// </summary>
internal static class AttributesReader
{
    private const int MaxAttributes = 8;
    private const int MaxLength = 4 * 1024;
    private const int MaxKeyIdentifier = 64;
    private const int MaxCapabilities = 32;

    // pkcs-9-ub-challengePassword, RFC 2985 appendix A.
    private const int MaxPassword = 255;

    // 1.2.840.113549.1.9.14, RFC 2985 §5.4.2
    private static ReadOnlySpan<byte> ExtensionRequest => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E];

    // 1.2.840.113549.1.9.7, RFC 2985 §5.4.1
    private static ReadOnlySpan<byte> ChallengePassword => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x07];

    // 1.2.840.113549.1.9.15, RFC 8551 §2.5.2
    private static ReadOnlySpan<byte> SmimeCapabilities => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0F];

    // 1.2.840.113549.1.9.16.2.37 and .54, RFC 7030 §4.4.1
    private static ReadOnlySpan<byte> DecryptKeyId => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x25];

    private static ReadOnlySpan<byte> AsymmDecryptKeyId => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x02, 0x36];

    public static Refusal? Read(DerReader attributes, RequestFacts facts)
    {
        var hasExtensions = false;
        for (var count = 1; attributes.HasData; count++)
        {
            if (count > MaxAttributes)
                return RequestRefusals.BadCsr($"The request has more than {MaxAttributes} attributes.");

            var encoded = attributes.ReadEncoded();
            var attribute = new DerReader(encoded).ReadSequence();
            var type = attribute.ReadOid();
            var values = attribute.ReadSetOf();
            attribute.ExpectEnd();

            var isExtensions = type.SequenceEqual(ExtensionRequest);
            // Extensions have limits of their own, each and in number.
            if (!isExtensions && encoded.Length > MaxLength)
                return RequestRefusals.BadCsr($"An attribute of the request is longer than {MaxLength} octets.");
            if (isExtensions && hasExtensions)
                return RequestRefusals.BadCsr("The request has more than one extension request.");
            hasExtensions |= isExtensions;

            if (ReadValues(type, values, facts) is { } refusal)
                return refusal;
        }

        return null;
    }

    /// <summary>Asks whether an attribute is the challenge password.</summary>
    /// <param name="encoded">One that was read without a refusal.</param>
    public static bool IsPassword(ReadOnlySpan<byte> encoded) =>
        new DerReader(encoded).ReadSequence().ReadOid().SequenceEqual(ChallengePassword);

    private static Refusal? ReadValues(ReadOnlySpan<byte> type, DerReader values, RequestFacts facts)
    {
        if (type.SequenceEqual(ExtensionRequest))
        {
            var extensions = values.ReadSequence();
            values.ExpectEnd();
            return ExtensionsReader.Read(extensions, facts);
        }

        return type.SequenceEqual(ChallengePassword) ? ReadPassword(values, facts)
            : type.SequenceEqual(SmimeCapabilities) ? ReadCapabilities(values, facts)
            : type.SequenceEqual(DecryptKeyId) || type.SequenceEqual(AsymmDecryptKeyId) ? ReadKeyIdentifier(type, values, facts)
            : null;
    }

    private static Refusal? ReadKeyIdentifier(ReadOnlySpan<byte> type, DerReader values, RequestFacts facts)
    {
        var identifier = values.ReadOctetString().ToArray();
        if (values.HasData || facts.SecretIdentifier is not null || facts.DecryptionKeyIdentifier is not null)
            return RequestRefusals.BadCsr("The request names more than one key to encrypt for.");
        if (identifier.Length is 0 or > MaxKeyIdentifier)
            return RequestRefusals.BadCsr($"The identifier of the key to encrypt for has not 1 to {MaxKeyIdentifier} octets.");
        if (type.SequenceEqual(DecryptKeyId)) facts.SecretIdentifier = identifier;
        else facts.DecryptionKeyIdentifier = identifier;
        return null;
    }

    // SMIMECapabilities ::= SEQUENCE OF SEQUENCE { capabilityID OBJECT IDENTIFIER, parameters ANY OPTIONAL }
    private static Refusal? ReadCapabilities(DerReader values, RequestFacts facts)
    {
        var capabilities = values.ReadSequence();
        if (values.HasData || facts.Capabilities is not null) return RequestRefusals.BadCsr("The request has more than one list of S/MIME capabilities.");
        var all = facts.Capabilities = [];
        while (capabilities.HasData)
        {
            if (all.Count == MaxCapabilities)
                return RequestRefusals.BadCsr($"The request has more than {MaxCapabilities} S/MIME capabilities.");
            var capability = capabilities.ReadSequence();
            var id = capability.ReadEncoded();
            if (capability.HasData) capability.ReadEncoded();
            capability.ExpectEnd();
            new DerReader(id).ReadOid();
            all.Add(AsnDecoder.ReadObjectIdentifier(id, AsnEncodingRules.DER, out _));
        }

        return null;
    }

    private static Refusal? ReadPassword(DerReader values, RequestFacts facts)
    {
        if (facts.ChallengePassword is not null)
            return RequestRefusals.BadCsr("The request has more than one challenge password.");
        if (CharacterString.Read(ref values, "The challenge password", orIa5: false, out var password) is { } refusal)
            return refusal;
        if (values.HasData)
            return RequestRefusals.BadCsr("The request has more than one challenge password.");

        // The base64 of a tls-unique comes with the end of its line from the EST client of GlobalSign.
        password = password.TrimEnd('\r', '\n');
        if (password.Length is 0 or > MaxPassword || password.Any(char.IsControl))
        {
            return RequestRefusals.BadCsr(
                $"The challenge password is empty, longer than {MaxPassword} characters, or holds a control "
                + "character.");
        }

        facts.ChallengePassword = password;
        return null;
    }
}
