using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestStructureTests
{
    [Fact]
    public void A_good_request_gives_its_facts()
    {
        var der = new CsrBuilder().Build();
        var request = Requests.Accepted(der);
        var key = CsrBuilder.P256.ExportSubjectPublicKeyInfo();

        Assert.Equal(KeyAlgorithm.P256, request.Key.Algorithm);
        Assert.Equal(key, request.Key.SubjectPublicKeyInfo.ToArray());
        Assert.Equal(Digest.Of(key), request.Key.Thumbprint);
        Assert.Equal("dev-1", request.CommonName);
        Assert.False(request.HasOtherSubjectAttributes);
        Assert.Empty(request.AlternativeNames);
        Assert.Null(request.KeyUsage);
        Assert.Empty(request.ExtendedKeyUsages);
        Assert.Null(request.ChallengePassword);
        Assert.Equal(Digest.Of(der), request.Hash);
    }

    public static TheoryData<string> NotDer() => new(
        Convert.ToHexString(new CsrBuilder().Build()[..^5]),
        "3084FFFFFFFF",
        "3084FFFFFFFF" + Convert.ToHexString(new CsrBuilder().Build()),
        "308000000000",
        "30820003020100",
        "308103020100");

    // X.690 §10.1: definite lengths, in the fewest octets.
    [Theory]
    [MemberData(nameof(NotDer))]
    public void C_08_What_is_not_DER_is_malformed(string hex) =>
        Requests.Refused(RefusalCode.Malformed, Convert.FromHexString(hex));

    [Fact]
    public void C_08_A_length_that_is_not_minimal_deep_inside_is_malformed()
    {
        byte[] longLength = [0x0C, 0x81, 0x05, .. "dev-1"u8];
        Requests.Refused(RefusalCode.Malformed, new CsrBuilder { Subject = Der.Name(longLength) });
    }

    [Fact]
    public void C_08_An_indefinite_length_deep_inside_is_malformed()
    {
        byte[] indefinite = [0x30, 0x80, 0x00, 0x00];
        Requests.Refused(
            RefusalCode.Malformed, new CsrBuilder { Attributes = [CsrBuilder.Attribute("1.2.3.4", indefinite)] });
    }

    [Fact]
    public void Trailing_bytes_are_malformed() =>
        Requests.Refused(RefusalCode.Malformed, [.. new CsrBuilder().Build(), 0x00]);

    [Fact]
    public void C_09_What_is_nothing_like_a_request_is_malformed()
    {
        Requests.Refused(RefusalCode.Malformed, []);
        Requests.Refused(RefusalCode.Malformed, [0x30]);
        Requests.Refused(RefusalCode.Malformed, "hello"u8.ToArray());
        Requests.Refused(RefusalCode.Malformed, [.. Enumerable.Repeat((byte)0xFF, 16 * 1024)]);
    }

    [Fact]
    public void C_09_DER_that_is_no_request_is_a_bad_one()
    {
        Requests.Refused(RefusalCode.BadCsr, Der.Sequence());
        Requests.Refused(RefusalCode.BadCsr, Der.Null);
        Requests.Refused(RefusalCode.BadCsr, Der.Sequence(Der.Sequence(), Der.Sequence(), Der.Bits()));
    }

    [Fact]
    public void C_10_A_request_without_the_attributes_field_is_told_what_to_add()
    {
        var refusal = Requests.Refused(RefusalCode.Malformed, new CsrBuilder { Attributes = null });
        Assert.Contains("A0 00", refusal.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("020101")]
    [InlineData("020107")]
    [InlineData("0201FF")]
    [InlineData("0209010000000000000000")]
    [InlineData("0C0100")]
    public void C_11_A_version_other_than_0_is_refused(string version) =>
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Version = Convert.FromHexString(version) });

    [Fact]
    public void C_12_A_request_of_more_than_16_KiB_is_too_large()
    {
        Requests.Refused(RefusalCode.TooLarge, new byte[(16 * 1024) + 1]);
        Requests.Refused(RefusalCode.TooLarge, new byte[30_000_000]);
    }

    [Theory]
    [InlineData(17)]
    [InlineData(1000)]
    public void C_13_Deep_nesting_in_an_attribute_is_refused(int depth) =>
        Requests.Refused(
            RefusalCode.BadCsr, new CsrBuilder { Attributes = [CsrBuilder.Attribute("1.2.3.4", Der.Nested(depth))] });

    [Fact]
    public void C_13_Nesting_20_000_deep_is_too_large() =>
        Requests.Refused(
            RefusalCode.TooLarge,
            new CsrBuilder { Attributes = [CsrBuilder.Attribute("1.2.3.4", Der.Nested(20_000))] });

    [Fact]
    public void C_13_Some_nesting_in_an_unknown_attribute_is_ignored() =>
        Requests.Accepted(new CsrBuilder { Attributes = [CsrBuilder.Attribute("1.2.3.4", Der.Nested(8))] });

    [Fact]
    public void C_13_At_most_8_attributes_are_read()
    {
        var attributes = Enumerable.Range(0, 9).Select(i => CsrBuilder.Attribute($"1.2.3.{i}", Der.Null)).ToArray();
        Requests.Accepted(new CsrBuilder { Attributes = attributes[..8] });
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Attributes = attributes });
    }

    [Fact]
    public void C_13_An_attribute_of_more_than_4_KiB_is_refused() =>
        Requests.Refused(
            RefusalCode.BadCsr,
            new CsrBuilder { Attributes = [CsrBuilder.Attribute("1.2.3.4", Der.Octets(new byte[4096]))] });

    [Theory]
    [InlineData("2A8003")]
    [InlineData("8001")]
    [InlineData("2A83")]
    [InlineData("")]
    public void C_14_An_object_identifier_that_is_not_minimal_or_cut_off_is_refused(string oid) =>
        Requests.Refused(RefusalCode.BadCsr, WithAttributeType(Convert.FromHexString(oid)));

    [Fact]
    public void C_14_An_object_identifier_with_200_arcs_or_one_endless_arc_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, WithAttributeType([.. Enumerable.Repeat((byte)1, 199)]));
        Requests.Refused(RefusalCode.BadCsr, WithAttributeType([.. Enumerable.Repeat((byte)0x81, 10_000), 0x01]));
        Requests.Refused(RefusalCode.TooLarge, WithAttributeType([.. Enumerable.Repeat((byte)0x81, 100_000), 0x01]));
    }

    [Fact]
    public void Something_after_the_attributes_or_the_signature_is_refused()
    {
        var info = Der.Sequence(
            Der.Integer(0), Der.Name(Der.Utf8(
            "dev-1")), CsrBuilder.P256.ExportSubjectPublicKeyInfo(), [0xA0, 0x00], Der.Null);
        var identifier = Der.Sequence(Der.Oid(CsrBuilder.EcdsaWithSha256));
        Requests.Refused(RefusalCode.BadCsr, Der.Sequence(info, identifier, Der.Bits()));
        Requests.Refused(RefusalCode.BadCsr, Der.Sequence(info, identifier, Der.Bits(), Der.Null));
    }

    private static CsrBuilder WithAttributeType(byte[] oid) =>
        new() { Attributes = [Der.Sequence(Der.Tlv(0x06, oid), Der.Set(Der.Null))] };
}
