using Microsoft.Extensions.Primitives;
using Provisioning.Est;

namespace Provisioning.Tests.Est;

public sealed class BasicTokenTests
{
    public static TheoryData<string, string> Good => new()
    {
        { "Basic " + Base64("device:secret"), "secret" },
        { "basic " + Base64("device:secret"), "secret" },
        { "BASIC\t" + Base64("device:secret"), "secret" },
        { "  Basic   " + Base64("device:secret") + "  ", "secret" },
        { "Basic " + Base64(":secret"), "secret" },
        { "Basic " + Base64("a:b:c"), "b:c" },
        { "Basic " + Base64("device:"), "" },
        { "Basic " + Base64("device:grün"), "grün" },
        { "Basic " + Base64("device:" + new string('x', 700)), new string('x', 700) },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void The_password_is_what_stands_behind_the_first_colon(string header, string password) => Assert.Equal(password, BasicToken.Read(header));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer x")]
    [InlineData("Basics YTpi")]
    [InlineData("BasicYTpi")]
    [InlineData("Negotiate Basic")]
    public void What_does_not_claim_to_be_Basic_is_none(string? header) => Assert.Null(BasicToken.Read(header));

    public static TheoryData<string> Malformed =>
    [
        "Basic", "Basic ", "Basic\t", "Basic %%%%", "Basic YTpi=", "Basic " + Base64("device"), "Basic " + Base64("a:" + new string('x', 2000)),
        "Basic " + Convert.ToBase64String([0x61, 0x3A, 0xFF]), "Basic YTpi, Basic YTpi", "Basic " + Base64("a:b") + "\0",
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void What_claims_to_be_Basic_and_cannot_be_read_is_an_empty_password(string header) => Assert.Equal("", BasicToken.Read(header));

    [Fact]
    public void Several_headers_with_Basic_among_them_are_an_empty_password()
    {
        var good = "Basic " + Base64("device:secret");
        Assert.Equal("", BasicToken.Read(new StringValues([good, good])));
        Assert.Equal("", BasicToken.Read(new StringValues(["Bearer x", good])));
        Assert.Null(BasicToken.Read(new StringValues(["Bearer x", "Negotiate y"])));
    }

    [Fact]
    public void Every_damage_to_a_header_gets_an_answer()
    {
        var header = System.Text.Encoding.ASCII.GetBytes("Basic " + Base64("device:PVT1.0123456789ABCDEF.0123456789ABCDEF0123456789ABCDEF"));
        foreach (var damaged in Mutations.OfText(header)) _ = BasicToken.Read(System.Text.Encoding.Latin1.GetString(damaged));
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
