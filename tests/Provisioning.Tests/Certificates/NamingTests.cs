using System.Diagnostics;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

/// <summary>The names that templates make, and the values that make none.</summary>
public sealed class NamingTests
{
    private static readonly Dictionary<string, string> NoAttributes = [];

    [Fact]
    public void Names_are_made_of_the_device_its_group_and_its_attributes_in_the_order_of_the_profile()
    {
        var profile = TestProfiles.Make(TestProfiles.Named(
            [
                new() { Country = "${attribute:country}" }, new() { Organization = "Example" },
                new() { OrganizationalUnit = "line ${group}" }, new() { CommonName = "${deviceId}" },
                new() { SerialNumber = "${holder}" },
            ],
            new() { Uri = "spiffe://example.org/${group}/${deviceId}" }, new() { Dns = "${attribute:host}.plant.example" },
            new() { Ip = "${attribute:address}" }));
        var names = Made(profile, "pump-1", "line-7", ("country", "DE"), ("host", "PUMP-1"), ("address", "2001:DB8:0::1"));
        Assert.Equal(["country=DE", "organization=Example", "organizationalUnit=line line-7", "commonName=pump-1", "serialNumber=pump-1"],
            names.Subject.Select(value => $"{value.Type.Name}={value.Value}"));
        Assert.Equal(
            [
                new GeneralName.Uri("spiffe://example.org/line-7/pump-1"), new GeneralName.Dns("pump-1.plant.example"),
                new GeneralName.Ip("2001:db8::1"),
            ],
            names.AlternativeNames);
    }

    [Theory]
    [InlineData("urn:example:${attribute:a}", "a b/c%d:ü", "urn:example:a%20b%2Fc%25d%3A%C3%BC")]
    [InlineData("https://plant.example/${attribute:a}?x=1", "x?y=2#z", "https://plant.example/x%3Fy%3D2%23z?x=1")]
    [InlineData("${attribute:a}", "urn:plant.example:OPC:Server 1", null)]
    [InlineData("${attribute:a}", "urn:plant.example:OPC:Server1", "urn:plant.example:OPC:Server1")]
    [InlineData("${attribute:a}", "relative/path", null)]
    [InlineData("${attribute:a}", "javascript:alert(1)", null)]
    [InlineData("${attribute:a}", "https://user@plant.example/", null)]
    [InlineData("${attribute:a}", "https://under_score/", null)]
    [InlineData("${attribute:a}", "https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x")]
    [InlineData("https://plant.example/${attribute:a}/x", "..", null)]
    [InlineData("spiffe://example.org/${attribute:a}", "..", null)]
    [InlineData("spiffe://example.org/${attribute:a}", "a b", null)]
    [InlineData("spiffe://example.org/${attribute:a}", "a/b", null)]
    [InlineData("spiffe://example.org/${attribute:a}", "a_b.c-1", "spiffe://example.org/a_b.c-1")]
    public void A_value_in_a_URI_is_encoded_and_cannot_leave_its_place(string template, string value, string? expected) =>
        Check(new() { Uri = template }, value, expected is null ? null : new GeneralName.Uri(expected));

    [Theory]
    [InlineData("${attribute:a}.plant.example", "Pump-1", "pump-1.plant.example")]
    [InlineData("${attribute:a}", "Pump-1.Plant.Example", "pump-1.plant.example")]
    [InlineData("${attribute:a}.plant.example", "pump.evil", null)]
    [InlineData("dev-${attribute:a}", "x.evil.example", null)]
    [InlineData("${attribute:a}.plant.example", "under_score", null)]
    [InlineData("${attribute:a}.plant.example", "-pump", null)]
    [InlineData("${attribute:a}.plant.example", "*", null)]
    [InlineData("${attribute:a}.plant.example", "\u212Aelvin", null)]
    [InlineData("${attribute:a}", "pump.example.", null)]
    [InlineData("${attribute:a}", "192.0.2.1", null)]
    [InlineData("${attribute:a}.plant.example", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", null)]
    public void A_value_in_a_DNS_name_is_one_label_or_the_whole_name(string template, string value, string? expected) =>
        Check(new() { Dns = template }, value, expected is null ? null : new GeneralName.Dns(expected));

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::FFFF:192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("1", null)]
    [InlineData("0x7f.1", null)]
    [InlineData("192.0.2.01", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("[::1]", null)]
    [InlineData("[::1]:80", null)]
    public void An_address_is_taken_in_its_usual_form_only(string value, string? expected) =>
        Check(new() { Ip = "${attribute:a}" }, value, expected is null ? null : new GeneralName.Ip(expected));

    [Theory]
    [InlineData("0042-7F", true)]
    [InlineData("ü", true)]
    [InlineData("a\u202Eb", false)]
    [InlineData(" a", false)]
    public void A_permanent_identifier_is_text_that_people_can_read(string value, bool isGood) => Check(
        new() { PermanentIdentifier = "${attribute:a}", Assigner = "1.2.3" }, value, isGood ? new GeneralName.PermanentIdentifier(value, "1.2.3") : null);

    [Theory]
    [InlineData("0042", "30303432")]
    [InlineData("ü", null)]
    public void A_serial_number_of_hardware_is_written_in_ASCII(string value, string? hex) => Check(
        new() { HardwareModuleName = "${attribute:a}", HardwareType = "1.2.3" }, value, hex is null ? null : new GeneralName.HardwareModuleName("1.2.3", hex));

    [Theory]
    [InlineData("commonName", 64, "x")]
    [InlineData("organization", 64, "x")]
    [InlineData("organizationalUnit", 64, "x")]
    [InlineData("locality", 128, "x")]
    [InlineData("serialNumber", 64, "x")]
    public void RFC_5280_A_1_An_attribute_of_the_subject_has_its_upper_bound(string field, int longest, string letter)
    {
        var profile = TestProfiles.Make(TestProfiles.Named([Attribute(field, "${attribute:a}"), new() { Country = "DE" }]));
        Assert.Equal(longest, Made(profile, "pump-1", null, ("a", string.Concat(Enumerable.Repeat(letter, longest)))).Subject[0].Value.Length);
        Assert.Equal("a", Refused(profile, ("a", string.Concat(Enumerable.Repeat(letter, longest + 1)))).Attribute);
    }

    [Theory]
    [InlineData("serialNumber", "a_b")]
    [InlineData("serialNumber", "a*b")]
    [InlineData("serialNumber", "ü")]
    [InlineData("country", "de")]
    [InlineData("country", "DEU")]
    [InlineData("country", "D1")]
    [InlineData("commonName", "a\u0301")]
    [InlineData("organization", " a")]
    public void RFC_5280_A_1_An_attribute_of_the_subject_holds_what_its_type_allows(string field, string value)
    {
        var profile = TestProfiles.Make(TestProfiles.Named([Attribute(field, "${attribute:a}"), new() { Locality = "Here" }]));
        Assert.Equal("a", Refused(profile, ("a", value)).Attribute);
    }

    [Fact]
    public void What_is_missing_is_named_unless_the_name_is_optional()
    {
        var needed = TestProfiles.Make(TestProfiles.With(new AlternativeNameDefinition { Dns = "${attribute:hostname}" }));
        var refusal = Refused(needed);
        Assert.Equal("hostname", refusal.Attribute);
        Assert.Contains("the attribute 'hostname' is missing", refusal.Detail, StringComparison.Ordinal);
        Assert.Equal("hostname", Refused(needed, ("hostname", "")).Attribute);

        var optional = TestProfiles.Make(TestProfiles.With(new AlternativeNameDefinition { Dns = "${attribute:hostname}", Optional = true }));
        Assert.Empty(Made(optional, "pump-1", null).AlternativeNames);
        Assert.Equal("hostname", Refused(optional, ("hostname", "under_score")).Attribute);

        var group = TestProfiles.Make(TestProfiles.Named([new() { CommonName = "${deviceId}" }, new() { OrganizationalUnit = "${group}" }]));
        Assert.Contains("the group is missing", Refused(group).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_never_repeats_the_value()
    {
        var profile = TestProfiles.Make(TestProfiles.With(new AlternativeNameDefinition { Dns = "${attribute:a}" }));
        Assert.DoesNotContain("evil", Refused(profile, ("a", "evil_value")).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("${deviceID}")]
    [InlineData("${}")]
    [InlineData("${attribute:}")]
    [InlineData("${attribute:a b}")]
    [InlineData("${deviceId")]
    [InlineData("")]
    public void A_template_that_is_none_is_refused(string text)
    {
        var defect = TestProfiles.Defect(TestProfiles.With(new AlternativeNameDefinition { Uri = text }));
        Assert.Equal("/alternativeNames/0/uri", defect.Field);
    }

    [Fact]
    public void Names_cost_a_few_microseconds()
    {
        var profile = TestProfiles.Read("opcua-application");
        var source = new NameSource("pump-1", null, new Dictionary<string, string>
        {
            ["applicationUri"] = "urn:pump-1.plant.example:Example:Server",
            ["hostname"] = "pump-1.plant.example",
            ["organization"] = "Example",
            ["address"] = "192.0.2.1",
        });
        for (var i = 0; i < 1000; i++) Assert.IsType<Outcome<CertificateNames>.Success>(CertificateNames.Make(profile, source));
        var best = Enumerable.Range(0, 20).Min(_ =>
        {
            var startedAt = Stopwatch.GetTimestamp();
            for (var i = 0; i < 100; i++) CertificateNames.Make(profile, source);
            return Stopwatch.GetElapsedTime(startedAt).TotalMicroseconds / 100;
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{best:F2} µs");

        // Ten times what it takes, so that only a change of kind is seen here.
        Assert.InRange(best, 0, 50);
    }

    private static void Check(AlternativeNameDefinition name, string value, GeneralName? expected)
    {
        var profile = TestProfiles.Make(TestProfiles.With(name));
        if (expected is null) Assert.Equal("a", Refused(profile, ("a", value)).Attribute);
        else Assert.Equal([expected], Made(profile, "pump-1", null, ("a", value)).AlternativeNames);
    }

    private static SubjectDefinition Attribute(string field, string template) => field switch
    {
        "commonName" => new() { CommonName = template },
        "organization" => new() { Organization = template },
        "organizationalUnit" => new() { OrganizationalUnit = template },
        "locality" => new() { Locality = template },
        "serialNumber" => new() { SerialNumber = template },
        _ => new() { Country = template },
    };

    private static CertificateNames Made(Profile profile, string holder, string? group, params (string Name, string Value)[] attributes)
    {
        var outcome = CertificateNames.Make(profile, new NameSource(holder, group, attributes.ToDictionary(a => a.Name, a => a.Value)));
        Assert.True(outcome.TryGet(out var names, out var refusal), refusal?.Detail);
        return names;
    }

    private static Refusal Refused(Profile profile, params (string Name, string Value)[] attributes)
    {
        var source = new NameSource("pump-1", null, attributes.Length == 0 ? NoAttributes : attributes.ToDictionary(a => a.Name, a => a.Value));
        var refusal = Assert.IsType<Outcome<CertificateNames>.Refused>(CertificateNames.Make(profile, source)).Refusal;
        Assert.Equal(RefusalCode.NameNotPossible, refusal.Code);
        return refusal;
    }
}
