using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Certificates;

/// <summary>A profile that could make a certificate that breaks a rule is refused, with the field and the rule.</summary>
public sealed class ProfileCheckTests
{
    public static TheoryData<string> EveryProfile => [.. TestProfiles.Names];

    [Theory]
    [MemberData(nameof(EveryProfile))]
    public void Every_profile_that_comes_with_the_service_is_sound(string name) => Assert.Equal(name, TestProfiles.Read(name).Name);

    [Theory]
    [MemberData(nameof(EveryProfile))]
    public void What_is_written_reads_as_the_same_profile(string name)
    {
        var text = ProfileReader.Write(TestProfiles.Definition(name));
        Assert.Equal(text, ProfileReader.Write(ProfileReader.Read(name, System.Text.Encoding.UTF8.GetBytes(text)).Definition));
    }

    [Fact]
    public void RFC_8813_An_EC_key_gets_no_encipherment() => Broken(
        Device() with { KeyUsage = ["digitalSignature", "keyEncipherment"] }, "/keyUsage", "no-encipherment-with-ec", "RFC 8813 §3");

    [Fact]
    public void RFC_8813_An_RSA_key_may_get_encipherment_beside_EC_keys()
    {
        var profile = TestProfiles.Make(Device() with { RsaKeyUsage = ["keyEncipherment"] });
        Assert.Equal(KeyUsages.DigitalSignature | KeyUsages.KeyEncipherment, profile.KeyUsageOf(KeyAlgorithm.Rsa2048));
        Assert.Equal(KeyUsages.DigitalSignature, profile.KeyUsageOf(KeyAlgorithm.P256));
    }

    [Fact]
    public void RFC_3279_An_RSA_key_agrees_on_nothing() =>
        Broken(Device() with { RsaKeyUsage = ["keyAgreement"] }, "/rsaKeyUsage", "no-agreement-with-rsa", "RFC 3279");

    [Fact]
    public void RFC_5280_4_2_1_12_A_purpose_needs_a_key_usage_that_goes_with_it()
    {
        Broken(Device() with { KeyUsage = ["contentCommitment"] }, "/keyUsage", "key-usage-fits-purpose", "§4.2.1.12");
        Broken(Device() with { ExtendedKeyUsage = ["2.5.29.37.0"] }, "/extendedKeyUsage", "no-any-extended-key-usage", "§4.2.1.12");
        Broken(Device() with { ExtendedKeyUsage = ["clientAuth", "1.3.6.1.5.5.7.3.2"] }, "/extendedKeyUsage", "purposes-once", "§4.2.1.12");
        Broken(Device() with { ExtendedKeyUsage = ["timeStamping"] }, "/extendedKeyUsage", "time-stamping-alone-and-critical", "RFC 3161");
    }

    [Fact]
    public void RFC_6960_No_device_answers_for_the_authority()
    {
        Refused(Device() with { ExtendedKeyUsage = ["OCSPSigning"] }, "/extendedKeyUsage", "RFC 6960");
        Refused(Device() with { ExtendedKeyUsage = ["1.3.6.1.5.5.7.3.9"] }, "/extendedKeyUsage", "RFC 6960");
    }

    [Fact]
    public void RFC_5280_4_2_1_4_A_policy_stands_once() => Broken(
        Device() with { CertificatePolicies = [new() { Oid = "1.2.3" }, new() { Oid = "1.2.3" }] }, "/certificatePolicies", "policies-once", "§4.2.1.4");

    [Fact]
    public void X509_SVID_A_SPIFFE_ID_is_the_only_URI() => Broken(
        TestProfiles.With(new() { Uri = "spiffe://example.org/${deviceId}" }, new() { Uri = "urn:example:1" }),
        "/alternativeNames", "one-spiffe-id", "X509-SVID");

    [Fact]
    public void RFC_5280_4_1_2_6_A_certificate_has_a_name()
    {
        Refused(TestProfiles.Named([]), "/subject", "§4.1.2.6");
        Refused(TestProfiles.Named([new() { CommonName = "${attribute:a}", Optional = true }]), "/subject", "§4.1.2.6");
    }

    [Theory]
    [InlineData("under_score.example")]
    [InlineData("Plant.${attribute:a}")]
    [InlineData("${attribute:a}..example")]
    public void A_name_that_can_never_be_made_is_refused(string dns) =>
        Refused(TestProfiles.With(new AlternativeNameDefinition { Dns = dns }), "/alternativeNames/0", "never");

    [Fact]
    public void An_attribute_that_would_have_to_be_two_things_at_once_is_refused() => Refused(
        TestProfiles.With(new() { Dns = "${attribute:a}" }, new() { Uri = "${attribute:a}" }), "/alternativeNames/0", "never");

    [Fact]
    public void A_name_says_one_thing()
    {
        Refused(TestProfiles.With(new AlternativeNameDefinition { Dns = "a.example", Uri = "urn:x:1" }), "/alternativeNames/0", "one of");
        Refused(TestProfiles.With(new AlternativeNameDefinition()), "/alternativeNames/0", "one of");
        Refused(TestProfiles.With([null!]), "/alternativeNames/0", "one of");
        Refused(TestProfiles.With(new AlternativeNameDefinition { Dns = "a.example", Assigner = "1.2.3" }), "/alternativeNames/0/assigner", "permanentIdentifier");
        Refused(TestProfiles.With(new AlternativeNameDefinition { HardwareModuleName = "1" }), "/alternativeNames/0/hardwareType", "OID");
        Refused(TestProfiles.Named([new() { CommonName = "a", Country = "DE" }]), "/subject/0", "one of");
        Refused(TestProfiles.Named([new() { CommonName = "a" }, new() { CommonName = "b" }]), "/subject", "more than one");
    }

    [Theory]
    [InlineData("1")]
    [InlineData("3.1")]
    [InlineData("1.40")]
    [InlineData("1.2.03")]
    [InlineData("1..2")]
    [InlineData("webServer")]
    public void What_is_no_OID_is_refused(string oid) => Refused(Device() with { ExtendedKeyUsage = [oid] }, "/extendedKeyUsage/0", "OID");

    [Fact]
    public void RFC_5280_4_1_2_5_Only_a_device_or_a_service_is_without_an_end()
    {
        var endless = Device() with { Lifetime = null, NotAfter = "99991231235959Z" };
        Assert.Null(TestProfiles.Make(endless).Lifetime);
        Assert.True(TestProfiles.Make(endless with { OutlivesIssuer = true }).OutlivesIssuer);
        Refused(endless with { NotAfter = "20500101000000Z" }, "/notAfter", "99991231235959Z");
        Refused(endless with { Lifetime = "P1D" }, "/lifetime", "either");
        Refused(Device() with { Lifetime = null }, "/lifetime", "either");
        Refused(Device() with { OutlivesIssuer = true }, "/outlivesIssuer", "without an end");
        Refused(TestProfiles.Definition("issuing") with { Lifetime = null, NotAfter = "99991231235959Z" }, "/notAfter", "ends");
    }

    [Theory]
    [InlineData("PT30S", "/lifetime")]
    [InlineData("P101Y", "/lifetime")]
    [InlineData("-P1D", "/lifetime")]
    public void A_lifetime_is_one_minute_to_a_hundred_years(string lifetime, string field) =>
        Refused(Device() with { Lifetime = lifetime, Backdating = "PT0S" }, field, "lifetime");

    [Fact]
    public void An_authority_is_one_as_a_whole()
    {
        Refused(Device() with { KeyUsage = ["digitalSignature", "keyCertSign"] }, "/pathLength", "keyCertSign");
        Refused(Device() with { PathLength = 0 }, "/pathLength", "keyCertSign");
        Refused(TestProfiles.Definition("issuing") with { PathLength = null, KeyUsage = ["digitalSignature"] }, "/pathLength", "authority");
        Broken(TestProfiles.Definition("issuing") with { ExtendedKeyUsage = ["clientAuth"], KeyUsage = ["digitalSignature", "keyCertSign"] },
            "/extendedKeyUsage", "no-extended-key-usage-for-ca", "§4.2.1.12");
    }

    [Theory]
    [InlineData("Device")]
    [InlineData("1device")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void The_name_of_a_profile_is_short_and_plain(string name) => Refused(Device() with { Name = name }, "/name", "a-z");

    [Fact]
    public void Words_and_lists_are_held_to_what_they_may_be()
    {
        Refused(Device() with { RequestedNames = "drop" }, "/requestedNames", "ignore");
        Refused(Device() with { RequestedKeyUsage = "drop" }, "/requestedKeyUsage", "ignore");
        Refused(Device() with { KeyAlgorithms = [] }, "/keyAlgorithms", "empty");
        Refused(Device() with { KeyAlgorithms = ["p192"] }, "/keyAlgorithms/0", "none of");
        Refused(Device() with { KeyUsage = [null!] }, "/keyUsage/0", "none of");
        Refused(Device() with { ExtendedKeyUsage = [null!] }, "/extendedKeyUsage/0", "OID");
        Refused(Device() with { CertificatePolicies = [new() { Oid = "1.2.3", Cps = "not a URI" }] }, "/certificatePolicies/0/cps", "URI");
        Refused(Device() with { Description = "a\nb" }, "/description", "printed");
        Refused(Device() with { RenewAfter = 0.9, RenewBefore = 0.5 }, "/renewBefore", "after");
        Refused(Device() with { Name = "service" }, "/holder", "must be 'Service'");
    }

    [Fact]
    public void A_profile_that_needs_more_attributes_than_a_device_has_is_refused()
    {
        var names = Enumerable.Range(0, 17).Select(i => new AlternativeNameDefinition { Dns = $"${{attribute:a{i}}}.example" });
        Refused(TestProfiles.With([.. names]), "/alternativeNames", "16 attributes");
        _ = TestProfiles.Make(TestProfiles.With([.. names.Skip(1)]));
    }

    private static ProfileDefinition Device() => TestProfiles.Definition() with { Name = "test" };

    private static void Broken(ProfileDefinition definition, string field, string rule, string citation)
    {
        Refused(definition, field, $"the rule {rule} (");
        Assert.Contains(citation, TestProfiles.Defect(definition).Detail, StringComparison.Ordinal);
    }

    private static void Refused(ProfileDefinition definition, string field, string expected)
    {
        var defect = TestProfiles.Defect(definition);
        Assert.Equal(field, defect.Field);
        Assert.Contains(expected, defect.Detail, StringComparison.Ordinal);
    }
}
