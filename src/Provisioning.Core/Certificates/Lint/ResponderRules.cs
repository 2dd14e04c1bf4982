using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>Rules about the keys that answer for an authority (RFC 6960 §4.2.2.2, RFC 9919 §3.2.2).</summary>
internal static class ResponderRules
{
    // Its holder cannot be revoked: nobody looks.
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(93);

    internal static IReadOnlyList<LintRule> All { get; } =
    [
        new("ocsp-signing-alone", "RFC 6960 §4.2.2.2: the authority delegates by it; a key that answers for an authority serves nothing else",
            s => !AnswersOcsp(s) || s.ExtendedKeyUsages.Count == 1) { Field = "/extendedKeyUsage" },
        new("ocsp-no-check", "RFC 6960 §4.2.2.2.1: id-pkix-ocsp-nocheck, NULL and not critical, on responders and on nothing else",
            s => s.Tbs.Find(Oids.OcspNoCheck) is { } extension
                ? AnswersOcsp(s) && !extension.Critical && extension.Value.Span.SequenceEqual((ReadOnlySpan<byte>)[0x05, 0x00])
                : !AnswersOcsp(s)),
        new("ocsp-responder-short-lived", "RFC 6960 §4.2.2.2.1: a very short lifetime, because its revocation is not checked; here 93 days at most",
            s => !AnswersOcsp(s) || s.Tbs.NotAfter - s.Tbs.NotBefore <= LongestLife) { Field = "/lifetime" },
        new("ocsp-responder-unchecked", "RFC 9919 §3.2.2: neither an OCSP address nor CRL distribution points in a responder's certificate",
            s => !AnswersOcsp(s) || (s.Tbs.Find(Oids.CrlDistributionPoints) is null && !HasOcspAddress(s))),
    ];

    private static bool AnswersOcsp(LintSubject subject) => subject.ExtendedKeyUsages.Contains(Oids.OcspSigning);

    private static bool HasOcspAddress(LintSubject subject)
    {
        if (subject.Tbs.Find(Oids.AuthorityInfoAccess) is not { } extension) return false;
        var descriptions = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        while (descriptions.HasData)
            if (descriptions.ReadSequence().ReadObjectIdentifier() == Oids.Ocsp) return true;
        return false;
    }
}
