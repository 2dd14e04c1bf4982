using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>Rules about extensions (RFC 5280 §4.2, RFC 5480 §3 as updated by RFC 8813).</summary>
internal static class ExtensionRules
{
    private const KeyUsages Encipherment = KeyUsages.KeyEncipherment | KeyUsages.DataEncipherment;
    private const KeyUsages OnlyBits = KeyUsages.EncipherOnly | KeyUsages.DecipherOnly;
    private static readonly Asn1Tag KeyIdentifierTag = new(TagClass.ContextSpecific, 0);

    internal static IReadOnlyList<LintRule> All { get; } =
    [
        new("extensions-once", "RFC 5280 §4.2: no more than one instance of a particular extension",
            s => s.Tbs.Extensions.Select(extension => extension.Oid).Distinct().Count() == s.Tbs.Extensions.Count),
        new("basic-constraints-critical", "RFC 5280 §4.2.1.9: a CA MUST mark basicConstraints critical",
            s => !s.IsAuthority || s.BasicConstraints is { Critical: true }),
        new("path-length-only-for-ca", "RFC 5280 §4.2.1.9: pathLenConstraint only where cA is asserted and keyCertSign is set",
            s => s.PathLength is null || (s.IsAuthority && s.KeyUsage.HasFlag(KeyUsages.KeyCertSign))),
        new("key-usage-present", "RFC 5280 §4.2.1.3: CAs MUST include keyUsage where the key verifies signatures on certificates",
            s => s.KeyUsageExtension is not null && s.KeyUsage != KeyUsages.None),
        new("key-usage-critical", "RFC 5280 §4.2.1.3: when present, SHOULD be marked critical",
            s => s.KeyUsageExtension is { Critical: true }),
        new("cert-sign-only-for-ca", "RFC 5280 §4.2.1.9: if cA is not asserted, keyCertSign MUST NOT be asserted",
            s => s.IsAuthority == s.KeyUsage.HasFlag(KeyUsages.KeyCertSign)) { Field = "/keyUsage" },
        new("agreement-for-only-bits", "RFC 5280 §4.2.1.3: encipherOnly and decipherOnly are undefined without keyAgreement",
            s => (s.KeyUsage & OnlyBits) == 0 || s.KeyUsage.HasFlag(KeyUsages.KeyAgreement)) { Field = "/keyUsage" },
        new("no-agreement-with-rsa", "RFC 3279 §2.3.1: keyAgreement is not among the usages of an RSA key",
            s => s.IsEc || (s.KeyUsage & (KeyUsages.KeyAgreement | OnlyBits)) == 0) { Field = "/rsaKeyUsage" },
        new("no-encipherment-with-ec", "RFC 8813 §3, updating RFC 5480 §3: keyEncipherment and dataEncipherment MUST NOT be set",
            s => !s.IsEc || (s.KeyUsage & Encipherment) == 0) { Field = "/keyUsage" },
        new("subject-key-identifier", "RFC 5280 §4.2.1.2: MUST appear in CA certificates, SHOULD in others; not critical",
            s => s.Tbs.Find(Oids.SubjectKeyIdentifier) is { Critical: false }),
        new("authority-key-identifier", "RFC 5280 §4.2.1.1: MUST be included, with keyIdentifier; not critical",
            HasAuthorityKeyIdentifier),
        new("extended-key-usage", "RFC 5280 §4.2.1.12: SEQUENCE SIZE (1..MAX); an end entity here has at least one",
            s => s.IsAuthority || HasElements(s.Tbs.Find(Oids.ExtendedKeyUsage))),
        new("subject-or-alternative-name", "RFC 5280 §4.1.2.6: with an empty subject, subjectAltName MUST be present and critical",
            s => s.HasSubject || s.Tbs.Find(Oids.SubjectAltName) is { Critical: true }) { Field = "/subject" },
        new("alternative-name-critical", "RFC 5280 §4.2.1.6: with a non-empty subject, subjectAltName SHOULD be non-critical",
            s => !s.HasSubject || s.Tbs.Find(Oids.SubjectAltName) is null or { Critical: false }),
        new("alternative-name-not-empty", "RFC 5280 §4.2.1.6: the sequence MUST contain at least one entry",
            s => s.Tbs.Find(Oids.SubjectAltName) is not { } names || HasElements(names)),
        new("crl-distribution-point", "RFC 5280 §4.2.1.13: SHOULD be non-critical; here everything has one but a root, and what nobody is to check",
            s => s.Issuer is null || s.Tbs.Find(Oids.CrlDistributionPoints) is { Critical: false } || s.Tbs.Find(Oids.OcspNoCheck) is not null),
        new("authority-information-access", "RFC 5280 §4.2.2.1: MUST be non-critical",
            s => s.Issuer is null || s.Tbs.Find(Oids.AuthorityInfoAccess) is { Critical: false }),
        new("policies-once", "RFC 5280 §4.2.1.4: a policy OID MUST NOT appear more than once", PoliciesAreDistinct) { Field = "/certificatePolicies" },
    ];

    private static bool PoliciesAreDistinct(LintSubject subject)
    {
        if (subject.Tbs.Find(Oids.CertificatePolicies) is not { } extension) return true;
        var policies = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        var seen = new HashSet<string>();
        while (policies.HasData)
            if (!seen.Add(policies.ReadSequence().ReadObjectIdentifier())) return false;
        return seen.Count > 0;
    }

    private static bool HasElements(CertificateExtension? extension) =>
        extension is not null && new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence().HasData;

    private static bool HasAuthorityKeyIdentifier(LintSubject subject)
    {
        if (subject.Issuer is not { } issuer) return true;
        if (subject.Tbs.Find(Oids.AuthorityKeyIdentifier) is not { Critical: false } extension) return false;
        var sequence = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        return sequence.HasData
            && sequence.PeekTag() == KeyIdentifierTag
            && sequence.ReadOctetString(KeyIdentifierTag).AsSpan().SequenceEqual(issuer.KeyIdentifier.Span);
    }
}
