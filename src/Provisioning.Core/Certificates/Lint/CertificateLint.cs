using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>
/// Judges a planned certificate by its bytes, before anything is reserved or signed. A finding is a defect of a profile or of
/// this program, never of the device.
/// </summary>
internal static class CertificateLint
{
    internal static IReadOnlyList<LintRule> Rules { get; } = [.. FieldRules.All, .. NameRules.All, .. ExtensionRules.All, .. PurposeRules.All, .. ResponderRules.All];

    /// <summary>Applies all rules.</summary>
    /// <param name="tbs">The planned TBSCertificate.</param>
    /// <param name="issuer">Its issuer, or null for a root.</param>
    /// <returns>The rules that it breaks; empty when it is sound.</returns>
    internal static IReadOnlyList<LintRule> Check(ReadOnlyMemory<byte> tbs, LintIssuer? issuer)
    {
        LintSubject subject;
        try
        {
            subject = new LintSubject(TbsCertificate.Decode(tbs), issuer);
        }
        catch (AsnContentException)
        {
            // Bytes that cannot even be read back are the worst finding of all.
            return [new LintRule("der", "RFC 5280 §4.1", _ => false)];
        }

        List<LintRule>? broken = null;
        foreach (var rule in Rules)
            if (!rule.Holds(subject)) (broken ??= []).Add(rule);
        return broken ?? (IReadOnlyList<LintRule>)[];
    }
}
