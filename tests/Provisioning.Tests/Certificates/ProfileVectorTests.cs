using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Lint;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Tests.Certificates;

/// <summary>
/// What each profile of the repository puts into a certificate, as text in <c>tests/vectors/profiles</c>: with a fixed clock, key,
/// serial number and device, so that a change of a profile is a change that a person can read.
/// </summary>
public sealed class ProfileVectorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private static readonly NameSource Pump = new("pump-0042", "line-7", new Dictionary<string, string>
    {
        ["applicationUri"] = "urn:pump-0042.plant.example:Example:Pump",
        ["hostname"] = "pump-0042.plant.example",
        ["address"] = "192.0.2.42",
        ["organization"] = "Example GmbH",
        ["manufacturer"] = "Example Pumps",
    });

    public static TheoryData<string, KeyAlgorithm> All
    {
        get
        {
            var all = new TheoryData<string, KeyAlgorithm>();
            foreach (var name in TestProfiles.Names)
            {
                all.Add(name, KeyAlgorithm.P256);
                if (TestProfiles.Read(name).RsaKeyUsage != KeyUsages.None) all.Add(name, KeyAlgorithm.Rsa2048);
            }

            return all;
        }
    }

    /// <summary>Set <c>ACCEPT=1</c> to take what the profiles give now.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void A_profile_gives_the_certificate_on_file(string name, KeyAlgorithm algorithm)
    {
        var tbs = Plan(TestProfiles.Read(name), algorithm, Pump);
        var text = $"The TBSCertificate of the profile {name} for a {algorithm} key.\n\n" + Asn1Text.Write(tbs);
        var file = Path.Combine(Vectors.Directory, "profiles", $"{name}.{algorithm.ToString().ToLowerInvariant()}.txt");
        if (Environment.GetEnvironmentVariable("ACCEPT") == "1") File.WriteAllText(file, text);
        Assert.Equal(File.ReadAllText(file), text);
    }

    [Fact]
    public void Every_file_is_of_a_profile()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Vectors.Directory, "profiles"), "*.txt").Select(file => Path.GetFileName(file)).Order();
        Assert.Equal(All.Select(row => $"{row.Data.Item1}.{row.Data.Item2.ToString().ToLowerInvariant()}.txt").Order(), files);
    }

    // openssl asn1parse of these octets says the same; so does the text of RFC 4108 §5 and RFC 4043 §2.
    [Fact]
    public void RFC_4108_and_RFC_4043_names_are_encoded_octet_for_octet()
    {
        var profile = TestProfiles.Make(TestProfiles.With(
            new() { HardwareModuleName = "${deviceId}", HardwareType = "1.3.6.1.4.1.32473.1" },
            new() { PermanentIdentifier = "${deviceId}", Assigner = "1.3.6.1.4.1.32473.2" }, new() { PermanentIdentifier = "${deviceId}" }));
        var names = TbsCertificate.Decode(Plan(profile, KeyAlgorithm.P256, new NameSource("p1", null, Pump.Attributes))).Find("2.5.29.17")!;
        Assert.Equal(
            "3052"
            + "A01D06082B06010505070804A011300F06092B0601040181FD590104027031"
            + "A01D06082B06010505070803A011300F0C02703106092B0601040181FD5902"
            + "A01206082B06010505070803A00630040C027031",
            Convert.ToHexString(names.Value.Span));
    }

    private static byte[] Plan(Profile profile, KeyAlgorithm algorithm, NameSource source)
    {
        Assert.True(CertificateNames.Make(profile, source).TryGet(out var names, out var refusal), refusal?.Detail);
        var isRoot = profile.Name == "root";
        var (subject, identifier) = (DistinguishedName.Encode("Example Issuing CA"), Enumerable.Range(0, 20).Select(i => (byte)i).ToArray());
        var bounds = new Validity(Now.AddYears(-1), Now.AddYears(20));
        var issuer = isRoot ? null : new LintIssuer(subject, identifier, bounds, profile.OutlivesIssuer);
        var constant = CertificateExtensions.Constant(
            profile, Profile.IsRsa(algorithm), isRoot ? null : "issuing", identifier, new PublicAddresses("pki.example", 80) { AnswersOcsp = true });
        var tbs = new CertificateDraft(profile, SampleKeys.Of(algorithm), names, Validity.For(Now, profile, isRoot ? null : bounds))
            .Write(SampleKeys.SerialNumber, SignatureAlgorithm.EcdsaSha256, issuer?.SubjectName, constant);
        Assert.Empty(CertificateLint.Check(tbs, issuer));
        return tbs;
    }
}
