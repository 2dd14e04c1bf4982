using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestAlternativeNameTests
{
    [Theory]
    [InlineData("pump-1.example.com", "pump-1.example.com")]
    [InlineData("PUMP-1.Example.COM", "pump-1.example.com")]
    [InlineData("pump", "pump")]
    [InlineData("3com.example", "3com.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("xn--80ak6aa92e.example", "xn--80ak6aa92e.example")]
    [InlineData("xn--wgv71a119e.example", "xn--wgv71a119e.example")]
    public void C_33_A_host_name_is_folded_to_lower_case(string name, string expected) =>
        Assert.Equal([new GeneralName.Dns(expected)], Accepted(Dns(name)));

    [Fact]
    public void C_33_A_host_name_may_have_253_characters_in_labels_of_63()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{label[..61]}";
        Assert.Equal([new GeneralName.Dns(longest)], Accepted(Dns(longest)));
        Refuse(Dns($"{label}.{label}.{label}.{label[..62]}"));
        Refuse(Dns(label + "a.example"));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*.x.example")]
    [InlineData("a.*.x.example")]
    [InlineData("x*.y.example")]
    public void C_32_Wildcards_are_refused(string name) => Refuse(Dns(name));

    [Theory]
    [InlineData("")]
    [InlineData("a\0.example")]
    [InlineData("a b.example")]
    [InlineData("a_b.example")]
    [InlineData("a.example.")]
    [InlineData(".a.example")]
    [InlineData(".")]
    [InlineData("a..example")]
    [InlineData("-a.example")]
    [InlineData("a-.example")]
    [InlineData("a.example:443")]
    [InlineData("192.0.2.1")]
    [InlineData("1.2.3")]
    [InlineData("12345")]
    [InlineData("0x7f.1")]
    [InlineData("0x7f000001")]
    public void C_33_A_host_name_outside_of_the_preferred_syntax_is_refused(string name) => Refuse(Dns(name));

    [Theory]
    [InlineData("xn--")]
    [InlineData("xn--a")]
    [InlineData("xn--abc-")]
    [InlineData("xn---abc")]
    [InlineData("xn--99999999")]
    [InlineData("xn--zzzzzzzzzzzzzzzzzzzz")]
    [InlineData("xn--abc-kv!")]
    [InlineData("xn--i-7iq")] // a heart, which is no letter
    [InlineData("ab--cd.example")]
    public void C_33_An_invalid_A_label_is_refused(string name) => Refuse(Dns(name));

    [Fact]
    public void C_33_A_U_label_is_refused() => Refuse(Der.Tlv(0x82, System.Text.Encoding.UTF8.GetBytes(
    "bücher.example")));

    [Fact]
    public void C_34_IP_addresses_are_facts_for_the_profile()
    {
        Assert.Equal(
            [
                new GeneralName.Ip("192.0.2.1"), new GeneralName.Ip("2001:db8::1"), new GeneralName.Ip("127.0.0.1"),
                new GeneralName.Ip("169.254.169.254"), new GeneralName.Ip("::ffff:192.0.2.1"),
            ],
            Accepted(
                Address("C0000201"), Address("20010DB8000000000000000000000001"), Address("7F000001"), Address(
                "A9FEA9FE"),
                Address("00000000000000000000FFFFC0000201")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("C000020100")]
    [InlineData("C0000201FFFFFF00")]
    [InlineData("20010DB800000000000000000000000100")]
    public void C_34_An_IP_address_that_has_not_4_or_16_octets_is_refused(string octets) => Refuse(Address(octets));

    [Theory]
    [InlineData("urn:dev:ops:32473-pump-1")]
    [InlineData("https://example.com/devices/1?x=%20#y")]
    [InlineData("opc.tcp://[2001:db8::1]:4840/server")]
    [InlineData("spiffe://example.org/pump")]
    public void C_35_An_absolute_URI_is_a_fact(string uri) =>
        Assert.Equal([new GeneralName.Uri(uri)], Accepted(Uri(uri)));

    [Theory]
    [InlineData("")]
    [InlineData("/relative")]
    [InlineData("relative")]
    [InlineData("//example.com/x")]
    [InlineData("1http://example.com")]
    [InlineData("urn:")]
    [InlineData("https://example.com/\r\nX: y")]
    [InlineData("https://example.com/%0d%0a")]
    [InlineData("https://example.com/%00")]
    [InlineData("https://example.com/%7F")]
    [InlineData("https://example.com/%2")]
    [InlineData("https://example.com/a b")]
    [InlineData("https://example.com/\"")]
    [InlineData("https://user:secret@example.com/")]
    [InlineData("https://user@example.com/")]
    [InlineData("https:///path")]
    [InlineData("https://:443/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("JavaScript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    public void C_35_A_URI_that_cannot_name_a_device_is_refused(string uri) => Refuse(Uri(uri));

    [Fact]
    public void C_35_A_URI_of_8_KB_or_outside_of_ASCII_is_refused()
    {
        Refuse(Uri("urn:x:" + new string('a', 2043)));
        Refuse(Uri("urn:x:" + new string('a', 8000)));
        Refuse(Der.Tlv(0x86, System.Text.Encoding.UTF8.GetBytes("urn:x:ü")));
    }

    [Fact]
    public void C_36_Names_of_other_kinds_are_refused()
    {
        Refuse(Der.Tlv(0x81, "a@b.example"u8.ToArray())); // rfc822Name
        Refuse(Der.Tlv(0xA3, Der.Null)); // x400Address
        Refuse(Der.Tlv(0xA4, Der.Name(Der.Utf8("dev-1")))); // directoryName
        Refuse(Der.Tlv(0xA5, Der.Tlv(0xA1, Der.Utf8("a")))); // ediPartyName
        Refuse(Der.Tlv(0x88, [0x2A, 0x03])); // registeredID
        Refuse(Der.Tlv(0x89, [0x2A, 0x03]));
        Refuse(Der.Utf8("dev-1"));
    }

    [Fact]
    public void C_36_A_permanent_identifier_is_a_fact()
    {
        Assert.Equal([new GeneralName.PermanentIdentifier("0042-7F")], Accepted(Permanent(Der.Utf8("0042-7F"))));
        Assert.Equal([new GeneralName.PermanentIdentifier("a", "1.2.3")], Accepted(Permanent(Der.Utf8("a"), Der.Oid("1.2.3"))));
    }

    [Fact]
    public void C_36_A_hardware_module_name_is_a_fact()
    {
        Assert.Equal(
            [new GeneralName.HardwareModuleName("1.3.6.1.4.1.32473.1", "00FF31")],
            Accepted(Hardware(Der.Oid("1.3.6.1.4.1.32473.1"), Der.Tlv(0x04, [0x00, 0xFF, 0x31]))));
    }

    [Fact]
    public void C_36_A_hardware_module_name_that_is_not_one_is_refused()
    {
        Refuse(Hardware());
        Refuse(Hardware(Der.Oid("1.2.3")));
        Refuse(Hardware(Der.Oid("1.2.3"), Der.Tlv(0x04)));
        Refuse(Hardware(Der.Oid("1.2.3"), Der.Utf8("a")));
        Refuse(Hardware(Der.Oid("1.2.3"), Der.Tlv(0x04, [1]), Der.Null));
        Refuse(Hardware(Der.Oid("1.2.3"), Der.Tlv(0x04, new byte[129])));
    }

    [Fact]
    public void C_36_A_permanent_identifier_without_a_good_value_is_refused()
    {
        Refuse(Permanent());
        Refuse(Permanent(Der.Oid("1.2.3")));
        Refuse(Permanent(Der.Utf8("a"), Der.Utf8("1.2.3")));
        Refuse(Permanent(Der.Utf8("a"), Der.Oid("1.2.3"), Der.Null));
        Refuse(Permanent(Der.Printable("a")));
        Refuse(Permanent(Der.Utf8("a\0")));
        Refuse(Permanent(Der.Utf8(new string('a', 129))));
    }

    [Fact]
    public void C_36_Another_other_name_is_refused()
    {
        // A Windows user principal name, which domain controllers would log on.
        Refuse(Der.Tlv(0xA0, Der.Oid("1.3.6.1.4.1.311.20.2.3"), Der.Tlv(0xA0, Der.Utf8("admin@corp.example"))));
        Refuse(Der.Tlv(0xA0, Der.Oid("1.3.6.1.5.5.7.8.3"), Der.Sequence(Der.Utf8("a"))));
    }

    [Fact]
    public void C_36_One_bad_name_refuses_the_whole_request() =>
        Refuse(Dns("a.example"), Der.Tlv(0x81, "a@b.example"u8.ToArray()));

    [Fact]
    public void C_19_Malformed_alternative_names_are_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, With());
        Refuse(Der.Tlv(0xA2, Der.Utf8("a.example")));
        Refuse(Der.Tlv(0x80, Der.Utf8("a.example")));
        Refuse([.. Enumerable.Repeat(Dns("a.example"), 65)]);
    }

    private static byte[] Dns(string name) => Der.Tlv(0x82, System.Text.Encoding.Latin1.GetBytes(name));

    private static byte[] Uri(string uri) => Der.Tlv(0x86, System.Text.Encoding.Latin1.GetBytes(uri));

    private static byte[] Address(string hex) => Der.Tlv(0x87, Convert.FromHexString(hex));

    private static byte[] Permanent(params byte[][] identifier) =>
        Der.Tlv(0xA0, Der.Oid("1.3.6.1.5.5.7.8.3"), Der.Tlv(0xA0, Der.Sequence(identifier)));

    private static byte[] Hardware(params byte[][] module) =>
        Der.Tlv(0xA0, Der.Oid("1.3.6.1.5.5.7.8.4"), Der.Tlv(0xA0, Der.Sequence(module)));

    private static CsrBuilder With(params byte[][] names) =>
        new() { Extensions = [CsrBuilder.AlternativeNames(names)] };

    private static IReadOnlyList<GeneralName> Accepted(params byte[][] names) =>
        Requests.Accepted(With(names)).AlternativeNames;

    private static void Refuse(params byte[][] names) => Requests.Refused(RefusalCode.BadCsr, With(names));
}
