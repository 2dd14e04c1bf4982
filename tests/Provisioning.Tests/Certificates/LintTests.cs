using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Lint;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Tests.Certificates;

/// <summary>The lint judges bytes: what the templates would never make is put before it all the same.</summary>
public sealed class LintTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Validity Bounds = new(Now.AddYears(-1), Now.AddYears(10));
    private static readonly SubjectValue Good = new(SubjectAttribute.CommonName, "pump-1");

    public static TheoryData<string, GeneralName> BadNames => new()
    {
        { "dns-name-syntax", new GeneralName.Dns("under_score.example") },
        { "dns-name-syntax", new GeneralName.Dns("Upper.example") },
        { "dns-name-syntax", new GeneralName.Dns("") },
        { "dns-name-syntax", new GeneralName.Dns("*.example") },
        { "dns-name-syntax", new GeneralName.Dns(string.Join('.', Enumerable.Repeat(new string('a', 63), 4))) },
        { "uri-syntax", new GeneralName.Uri("relative") },
        { "uri-syntax", new GeneralName.Uri("https://under_score/") },
        { "uri-syntax", new GeneralName.Uri("urn:a b") },
        { "uri-syntax", new GeneralName.Uri("spiffe://Example.org/a") },
        { "uri-syntax", new GeneralName.Uri("spiffe://example.org/a/../b") },
        { "other-name-syntax", new GeneralName.PermanentIdentifier("") },
        { "other-name-syntax", new GeneralName.HardwareModuleName("1.2.3", "") },
    };

    [Theory]
    [MemberData(nameof(BadNames))]
    public void RFC_5280_4_2_1_6_A_bad_alternative_name_breaks_its_rule(string rule, GeneralName name) =>
        Assert.Equal([rule], Broken([Good], [name]));

    [Fact]
    public void RFC_5280_4_2_1_6_Good_alternative_names_break_none() => Assert.Empty(Broken([Good],
    [
        new GeneralName.Dns("xn--bcher-kva.example"), new GeneralName.Uri("https://[2001:db8::1]/"), new GeneralName.Ip("192.0.2.1"),
        new GeneralName.Ip("2001:db8::1"), new GeneralName.PermanentIdentifier("ü", "1.2.3"), new GeneralName.HardwareModuleName("1.2.3", "00FF"),
    ]));

    [Fact]
    public void RFC_5280_A_1_A_subject_beyond_its_bounds_breaks_the_rule()
    {
        foreach (var type in SubjectAttribute.All)
        {
            Assert.Equal(["subject-attributes"], Broken([new SubjectValue(type, new string('A', type.MaxLength + 1))], []));
            Assert.Equal(["subject-attributes"], Broken([new SubjectValue(type, "")], []));
            Assert.Empty(Broken([new SubjectValue(type, new string('A', type.MaxLength))], []));
        }

        Assert.Equal(["subject-attributes"], Broken([new SubjectValue(SubjectAttribute.Country, "d1")], []));
        Assert.Equal(["subject-attributes"], Broken([Good, new SubjectValue(Other, "x")], []));
        Assert.Equal(["subject-attributes"], Broken([new SubjectValue(SubjectAttribute.Country with { StringType = SubjectAttribute.CommonName.StringType }, "DE")], []));
    }

    [Fact]
    public void RFC_5280_4_1_2_6_Without_a_subject_the_alternative_names_are_critical()
    {
        Assert.Empty(Broken([], [new GeneralName.Dns("a.example")]));
        Assert.Equal(["subject-or-alternative-name"], Broken([], []));
    }

    [Theory]
    [InlineData("2035-12-31T00:00:00Z", false, null)]
    [InlineData("2036-01-02T00:00:00Z", false, "inside-issuer-validity")]
    [InlineData("2036-01-02T00:00:00Z", true, "inside-issuer-validity")]
    [InlineData("9999-12-31T23:59:59Z", false, "inside-issuer-validity")]
    [InlineData("9999-12-31T23:59:59Z", true, null)]
    [InlineData("9999-12-31T23:59:58Z", true, "end-of-time inside-issuer-validity")]
    public void RFC_5280_4_1_2_5_Only_a_certificate_without_an_end_outlives_its_issuer(string notAfter, bool mayBeOutlived, string? rules)
    {
        var validity = new Validity(Now, DateTimeOffset.Parse(notAfter, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(rules?.Split(' ') ?? [], Broken([Good], [], validity, mayBeOutlived).Order());
    }

    private static SubjectAttribute Other { get; } = SubjectAttribute.CommonName with { Oid = "2.5.4.12" };

    private static IEnumerable<string> Broken(
        IReadOnlyList<SubjectValue> subject, IReadOnlyList<GeneralName> names, Validity? validity = null, bool mayBeOutlived = false)
    {
        var profile = TestProfiles.Read("device");
        var (issuerName, identifier) = (DistinguishedName.Encode("Issuing CA"), new byte[20]);
        var constant = CertificateExtensions.Constant(profile, isRsa: false, "issuing", identifier, new PublicAddresses("pki.example", 80) { AnswersOcsp = true });
        var tbs = new CertificateDraft(profile, SampleKeys.Of(KeyAlgorithm.P256), new CertificateNames(subject, names), validity ?? new Validity(Now, Now.AddDays(1)))
            .Write(SampleKeys.SerialNumber, SignatureAlgorithm.EcdsaSha256, issuerName, constant);
        return CertificateLint.Check(tbs, new LintIssuer(issuerName, identifier, Bounds, mayBeOutlived)).Select(rule => rule.Id);
    }
}
