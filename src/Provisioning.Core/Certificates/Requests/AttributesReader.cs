using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads the attributes (RFC 2986 §4.1): the extension request and the challenge password. Others are ignored, within
/// limits.
/// </summary>
internal static class AttributesReader
{
    private const int MaxAttributes = 8;
    private const int MaxLength = 4 * 1024;

    // pkcs-9-ub-challengePassword, RFC 2985 appendix A.
    private const int MaxPassword = 255;

    // 1.2.840.113549.1.9.14, RFC 2985 §5.4.2
    private static ReadOnlySpan<byte> ExtensionRequest => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E];

    // 1.2.840.113549.1.9.7, RFC 2985 §5.4.1
    private static ReadOnlySpan<byte> ChallengePassword => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x07];

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

    private static Refusal? ReadValues(ReadOnlySpan<byte> type, DerReader values, RequestFacts facts)
    {
        if (type.SequenceEqual(ExtensionRequest))
        {
            var extensions = values.ReadSequence();
            values.ExpectEnd();
            return ExtensionsReader.Read(extensions, facts);
        }

        return type.SequenceEqual(ChallengePassword) ? ReadPassword(values, facts) : null;
    }

    private static Refusal? ReadPassword(DerReader values, RequestFacts facts)
    {
        if (facts.ChallengePassword is not null)
            return RequestRefusals.BadCsr("The request has more than one challenge password.");
        if (CharacterString.Read(ref values, "The challenge password", orIa5: false, out var password) is { } refusal)
            return refusal;
        if (values.HasData)
            return RequestRefusals.BadCsr("The request has more than one challenge password.");
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
