using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates.Lint;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Certificates;

/// <summary>
/// Judges a profile as a whole: plans what it could make of every kind of key, with the shortest and the longest values that its
/// templates allow and with every optional name left out, and lints each of them.
/// </summary>
internal static class ProfileCheck
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PublicAddresses Addresses = new("localhost", 8080) { AnswersOcsp = true };
    private static readonly byte[] IssuerName = DistinguishedName.Encode("Issuing CA");
    private static readonly byte[] IssuerKeyIdentifier = new byte[20];

    /// <exception cref="ProfileDefectException">It could make a certificate that breaks a rule, or can make none.</exception>
    internal static void Check(Profile profile)
    {
        var sources = ProfileSamples.Of(profile);
        foreach (var algorithm in profile.KeyAlgorithms)
        {
            foreach (var source in sources)
            {
                if (!CertificateNames.Make(profile, source).TryGet(out var names, out var refusal))
                    throw new InvalidOperationException("A sample does not fit its profile: " + refusal.Detail);
                CheckOne(profile, names, algorithm, hasIssuer: true);

                // An authority may be a root.
                if (profile.IsAuthority) CheckOne(profile, names, algorithm, hasIssuer: false);
            }
        }
    }

    private static void CheckOne(Profile profile, CertificateNames names, KeyAlgorithm algorithm, bool hasIssuer)
    {
        var bounds = new Validity(Now.AddYears(-1), Now.AddYears(10));
        var validity = Validity.For(Now, profile, hasIssuer ? bounds : null);
        var issuer = hasIssuer ? new LintIssuer(IssuerName, IssuerKeyIdentifier, bounds, profile.OutlivesIssuer) : null;
        var constant = CertificateExtensions.Constant(
            profile, Profile.IsRsa(algorithm), hasIssuer ? AuthorityDirectory.IssuingName : null, IssuerKeyIdentifier, Addresses);
        var tbs = new CertificateDraft(profile, SampleKeys.Of(algorithm), names, validity).Write(
            SampleKeys.SerialNumber, SignatureAlgorithm.EcdsaSha256, issuer?.SubjectName, constant);
        if (CertificateLint.Check(tbs, issuer) is [var broken, ..])
        {
            throw new ProfileDefectException(
                broken.Field, $"a certificate for a {algorithm} key would break the rule {broken.Id} ({broken.Citation}).");
        }
    }
}
