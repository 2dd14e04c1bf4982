using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads the subject (RFC 5280 §4.1.2.4). All attributes are checked, whatever becomes of them, so that no request with a hostile name gets
/// as far as the profile.
/// </summary>
internal static class SubjectReader
{
    // ub-common-name, RFC 5280 appendix A.1.
    private const int MaxCommonName = 64;

    // ub-emailaddress-length, the largest of the bounds there.
    private const int MaxOther = 255;
    private const int MaxAttributes = 16;

    // 2.5.4.3
    private static ReadOnlySpan<byte> CommonName => [0x55, 0x04, 0x03];

    public static Refusal? Read(DerReader names, RequestFacts facts)
    {
        var (count, rdn) = (0, -1);
        while (names.HasData)
        {
            var set = names.ReadSetOf();
            rdn++;
            do
            {
                if (++count > MaxAttributes)
                    return RequestRefusals.BadCsr($"The subject has more than {MaxAttributes} attributes.");
                var attribute = set.ReadSequence();
                var type = attribute.ReadOid();
                if (ReadValue(ref attribute, type.SequenceEqual(CommonName), facts, out var value) is { } refusal)
                    return refusal;
                facts.Subject.Add(new SubjectPart(rdn, Convert.ToHexString(type), value));
                attribute.ExpectEnd();
            }
            while (set.HasData);
        }

        return null;
    }

    private static Refusal? ReadValue(ref DerReader attribute, bool isCommonName, RequestFacts facts, out string text)
    {
        text = "";
        if (!isCommonName)
        {
            facts.HasOtherSubjectAttributes = true;
            return CharacterString.Read(ref attribute, "An attribute of the subject", orIa5: true, out text)
                ?? NameText.Check(text, "An attribute of the subject", MaxOther);
        }

        if (facts.CommonName is not null)
            return RequestRefusals.BadCsr("The subject has more than one common name.");
        if (CharacterString.Read(ref attribute, "The common name", orIa5: false, out text) is { } refusal)
            return refusal;
        facts.CommonName = text;
        return NameText.Check(text, "The common name", MaxCommonName);
    }
}
