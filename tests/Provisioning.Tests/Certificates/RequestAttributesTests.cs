using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestAttributesTests
{
    private const string ChallengePassword = "1.2.840.113549.1.9.7";

    [Fact]
    public void A_challenge_password_is_a_fact()
    {
        Assert.Equal("secret", Requests.Accepted(With(Der.Utf8("secret"))).ChallengePassword);
        Assert.Equal("secret", Requests.Accepted(With(Der.Printable("secret"))).ChallengePassword);
        Assert.Equal(255, Requests.Accepted(With(Der.Utf8(new string('a', 255)))).ChallengePassword!.Length);
    }

    // The EST client of GlobalSign puts base64 there, with the end of its line.
    [Fact]
    public void The_end_of_a_line_is_no_part_of_a_challenge_password()
    {
        Assert.Equal("secret", Requests.Accepted(With(Der.Utf8("secret\r\n"))).ChallengePassword);
        Assert.Equal("secret", Requests.Accepted(With(Der.Utf8("secret\n"))).ChallengePassword);
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("\r\n")));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("sec\r\nret")));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("secret\t")));
    }

    [Fact]
    public void C_42_A_challenge_password_of_256_characters_or_none_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8(new string('a', 256))));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("")));
    }

    [Fact]
    public void C_42_A_challenge_password_that_is_no_string_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, With(Der.Integer(7)));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Sequence()));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("a\0b")));
        Requests.Refused(RefusalCode.BadCsr, With(Der.Tlv(0x0C, [0xFF])));
        Requests.Refused(RefusalCode.BadCsr, With());
    }

    [Fact]
    public void C_42_Two_challenge_passwords_are_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("a"), Der.Utf8("b")));
        var one = CsrBuilder.Attribute(ChallengePassword, Der.Utf8("a"));
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Attributes = [one, one] });
    }

    [Fact]
    public void The_refusal_does_not_repeat_the_challenge_password()
    {
        var refusal = Requests.Refused(RefusalCode.BadCsr, With(Der.Utf8("hunter2"), Der.Utf8("hunter2")));
        Assert.DoesNotContain("hunter2", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_the_attributes_does_not_matter()
    {
        var password = CsrBuilder.Attribute(ChallengePassword, Der.Utf8("secret"));
        var unknown = CsrBuilder.Attribute("1.2.3", Der.Null);
        Requests.Accepted(new CsrBuilder { Attributes = [password, unknown] });
        Requests.Accepted(new CsrBuilder { Attributes = [unknown, password] });
    }

    [Fact]
    public void A_malformed_attribute_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Attributes = [Der.Null] });
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Attributes = [Der.Sequence(Der.Oid("1.2.3"))] });
        Requests.Refused(
            RefusalCode.BadCsr, new CsrBuilder { Attributes = [Der.Sequence(Der.Oid("1.2.3"), Der.Set(), Der.Null)] });
    }

    private static CsrBuilder With(params byte[][] values) =>
        new() { Attributes = [CsrBuilder.Attribute(ChallengePassword, values)] };
}
