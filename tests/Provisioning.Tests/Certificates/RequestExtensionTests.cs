using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestExtensionTests
{
    private const string KeyUsage = "2.5.29.15";
    private const string BasicConstraints = "2.5.29.19";
    private const string ExtendedKeyUsage = "2.5.29.37";

    private static readonly byte[] OneName = CsrBuilder.AlternativeNames(Der.Tlv(0x82, "a.example"u8.ToArray()));

    [Fact]
    public void C_15_At_most_32_extensions_are_read()
    {
        var extensions = Enumerable.Range(0, 33).Select(i => Extension($"1.2.3.{i}", Der.Null)).ToArray();
        Requests.Accepted(With(extensions[..32]));
        Requests.Refused(RefusalCode.BadCsr, With(extensions));
    }

    [Fact]
    public void C_15_50_000_extensions_or_one_of_5_MB_are_too_large()
    {
        Requests.Refused(RefusalCode.TooLarge, With([.. Enumerable.Repeat(Extension(
        "1.2.3.4", Der.Null), 50_000)]));
        Requests.Refused(RefusalCode.TooLarge, With(Extension("1.2.3.4", Der.Octets(new byte[5_000_000]))));
    }

    [Fact]
    public void C_15_An_extension_of_more_than_4_KiB_is_refused() =>
        Requests.Refused(RefusalCode.BadCsr, With(Extension("1.2.3.4", Der.Octets(new byte[4096]))));

    [Fact]
    public void C_16_The_same_extension_twice_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, With(OneName, OneName));
        var unknown = Extension("1.2.3.4", Der.Null);
        Requests.Refused(RefusalCode.BadCsr, With(unknown, unknown));
    }

    [Fact]
    public void C_16_Two_extension_requests_are_refused()
    {
        var request = CsrBuilder.ExtensionRequest(OneName);
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Attributes = [request, request] });
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder
        {
            Attributes = [CsrBuilder.Attribute("1.2.840.113549.1.9.14", Der.Sequence(OneName), Der.Sequence(OneName))],
        });
    }

    [Fact]
    public void An_empty_extension_request_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Attributes = [CsrBuilder.ExtensionRequest()] });
        Requests.Refused(
            RefusalCode.BadCsr, new CsrBuilder { Attributes = [CsrBuilder.Attribute("1.2.840.113549.1.9.14")] });
    }

    [Fact]
    public void C_18_An_unknown_critical_extension_is_refused_and_another_ignored()
    {
        Requests.Refused(
            RefusalCode.UnsupportedExtension, With(Extension("1.2.3.4", Der.Null, critical: true)));
        // Name constraints, which no device may have, and which nothing copies.
        Requests.Refused(
            RefusalCode.UnsupportedExtension, With(Extension("2.5.29.30", Der.Sequence(), critical: true)));
        Requests.Accepted(With(Extension("1.2.3.4", Der.Null)));
    }

    [Fact]
    public void C_19_An_extension_whose_value_is_not_DER_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, With(Extension("1.2.3.4", [])));
        Requests.Refused(RefusalCode.BadCsr, With(Extension("1.2.3.4", [0x30, 0x05, 0x00])));
        Requests.Refused(RefusalCode.BadCsr, With(Extension("2.5.29.17", [0x30, 0x80, 0x00, 0x00])));
        Requests.Refused(RefusalCode.BadCsr, With(Extension("2.5.29.17", Der.Nested(1000))));
        Requests.Refused(RefusalCode.BadCsr, With(Extension("2.5.29.17", Der.Null)));
        Requests.Refused(RefusalCode.BadCsr, With(Extension("2.5.29.17", [.. Der.Sequence(), 0x00])));
    }

    [Fact]
    public void C_19_A_malformed_extension_is_refused()
    {
        var id = Der.Oid("1.2.3.4");
        var value = Der.Octets(Der.Null);
        Requests.Refused(RefusalCode.BadCsr, With(Der.Sequence(id, Der.False, value)));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Sequence(id, [0x01, 0x01, 0x01], value)));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Sequence(id, value, Der.Null)));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Sequence(id)));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Sequence(id, Der.Tlv(0x24, value))));
    }

    [Theory]
    [InlineData("30030101FF")]
    [InlineData("30060101FF020100")]
    [InlineData("30060101FF0201FF")]
    [InlineData("300E0101FF0209010000000000000000")]
    public void C_38_A_request_to_become_an_authority_is_refused(string constraints) =>
        Requests.Refused(
            RefusalCode.CaRequested, With(Extension(BasicConstraints, constraints)));

    [Fact]
    public void C_38_Basic_constraints_of_an_end_entity_are_accepted() =>
        Requests.Accepted(With(Extension(BasicConstraints, Der.Sequence(), critical: true)));

    [Theory]
    [InlineData("3003010100")]
    [InlineData("3003020100")]
    [InlineData("0500")]
    public void C_38_Malformed_basic_constraints_are_refused(string constraints) =>
        Requests.Refused(RefusalCode.BadCsr, With(Extension(BasicConstraints, constraints)));

    [Theory]
    [InlineData("03020780", KeyUsages.DigitalSignature)]
    [InlineData("03020388", KeyUsages.DigitalSignature | KeyUsages.KeyAgreement)]
    [InlineData("03020106", KeyUsages.KeyCertSign | KeyUsages.CrlSign)]
    [InlineData("0303070080", KeyUsages.DecipherOnly)]
    [InlineData("030307FF80", (KeyUsages)0x1FF)]
    public void C_39_The_key_usage_is_a_fact_for_the_profile(string bits, KeyUsages expected) =>
        Assert.Equal(
            expected, Requests.Accepted(With(Extension(KeyUsage, bits))).KeyUsage);

    [Fact]
    public void C_39_A_key_usage_without_a_bit_is_not_allowed() =>
        Requests.Refused(RefusalCode.ExtensionNotAllowed, With(Extension(KeyUsage, [0x03, 0x01, 0x00])));

    [Theory]
    [InlineData("03020080")] // trailing zero bits
    [InlineData("03020781")] // unused bits that are set
    [InlineData("03020700")] // no bit, spelled out
    [InlineData("0303078000")] // a trailing zero octet
    [InlineData("030306FFC0")] // a tenth bit
    [InlineData("030400FFFFFF")]
    [InlineData("030109")]
    [InlineData("0300")]
    [InlineData("040180")]
    public void C_39_A_malformed_key_usage_is_refused(string bits) =>
        Requests.Refused(RefusalCode.BadCsr, With(Extension(KeyUsage, bits)));

    [Fact]
    public void C_39_Extended_key_usages_are_facts_for_the_profile()
    {
        string[] usages = ["2.5.29.37.0", "1.3.6.1.5.5.7.3.9", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.1"];
        var extension = Extension(ExtendedKeyUsage, Der.Sequence([.. usages.Select(Der.Oid)]));
        Assert.Equal(usages, Requests.Accepted(With(extension)).ExtendedKeyUsages);
    }

    [Fact]
    public void C_39_An_empty_extended_key_usage_is_not_allowed() =>
        Requests.Refused(RefusalCode.ExtensionNotAllowed, With(Extension(ExtendedKeyUsage, Der.Sequence())));

    [Fact]
    public void C_39_A_malformed_or_endless_extended_key_usage_is_refused()
    {
        var usage = Der.Oid("1.3.6.1.5.5.7.3.2");
        RefuseUsage(Der.Sequence(Der.Null));
        RefuseUsage(usage);
        RefuseUsage(Der.Sequence(Der.Tlv(0x06, [0x2A, 0x80, 0x01])));
        RefuseUsage(Der.Sequence([.. Enumerable.Repeat(usage, 17)]));

        static void RefuseUsage(byte[] value) =>
            Requests.Refused(RefusalCode.BadCsr, With(Extension(ExtendedKeyUsage, value)));
    }

    private static byte[] Extension(string oid, byte[] value, bool critical = false) =>
        CsrBuilder.Extension(oid, value, critical);

    private static byte[] Extension(string oid, string hex) =>
        CsrBuilder.Extension(oid, Convert.FromHexString(hex), critical: true);

    private static CsrBuilder With(params byte[][] extensions) => new() { Extensions = extensions };
}
