namespace Provisioning.Core.Certificates.Lint;

/// <summary>Rules about what a certificate is for (RFC 5280 §4.2.1.12).</summary>
internal static class PurposeRules
{
    internal static IReadOnlyList<LintRule> All { get; } =
    [
        new("no-any-extended-key-usage", "RFC 5280 §4.2.1.12: anyExtendedKeyUsage is for CAs that do not want to restrict; here every purpose is named",
            s => !s.ExtendedKeyUsages.Contains(Oids.AnyExtendedKeyUsage)) { Field = "/extendedKeyUsage" },
        new("purposes-once", "RFC 5280 §4.2.1.12: a sequence of purposes; one twice says nothing",
            s => s.ExtendedKeyUsages.Count < 2 || s.ExtendedKeyUsages.Distinct().Count() == s.ExtendedKeyUsages.Count) { Field = "/extendedKeyUsage" },
        new("key-usage-fits-purpose", "RFC 5280 §4.2.1.12: a certificate is used only for purposes consistent with both extensions",
            s => s.ExtendedKeyUsages.All(purpose => Purposes.Fits(purpose, s.KeyUsage))) { Field = "/keyUsage" },
        new("time-stamping-alone-and-critical", "RFC 3161 §2.3: timeStamping is the only purpose, and the extension is critical",
            s => !s.ExtendedKeyUsages.Contains(Oids.TimeStamping)
                || (s.ExtendedKeyUsages.Count == 1 && s.Tbs.Find(Oids.ExtendedKeyUsage)!.Critical)) { Field = "/extendedKeyUsage" },
        new("no-extended-key-usage-for-ca", "RFC 5280 §4.2.1.12: in general, only in end entity certificates",
            s => !s.IsAuthority || s.ExtendedKeyUsages.Count == 0) { Field = "/extendedKeyUsage" },
    ];
}
