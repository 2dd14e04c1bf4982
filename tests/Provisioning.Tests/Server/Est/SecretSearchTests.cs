using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Tests.Server.Est;

/// <summary>A search that finds nothing proves nothing unless it would have found something.</summary>
public sealed class SecretSearchTests
{
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    public static TheoryData<string, Func<byte[], byte[]>> Forms => new()
    {
        { "as it is", octets => octets },
        { "hex", octets => Ascii(Convert.ToHexString(octets)) },
        { "hex in lower case", octets => Ascii(Convert.ToHexStringLower(octets)) },
        { "base64", octets => Ascii(Convert.ToBase64String(octets)) },
        { "base64 in lines", octets => Ascii(Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks)) },
        { "base64 of URLs", octets => Ascii(Base64Url.EncodeToString(octets)) },
        { "base64 in JSON", octets => JsonSerializer.SerializeToUtf8Bytes(Convert.ToBase64String(octets)) },
        { "PEM", octets => Ascii(PemEncoding.WriteString("PRIVATE KEY", octets)) },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_secret_is_found_wherever_it_stands_in_what_was_written_down(string form, Func<byte[], byte[]> write)
    {
        var search = new SecretSearch(RandomNumberGenerator.GetBytes(16), _secret);
        for (var before = 0; before < 70; before++)
        {
            for (var behind = 0; behind < 4; behind++)
            {
                var written = write([.. RandomNumberGenerator.GetBytes(before), .. _secret, .. RandomNumberGenerator.GetBytes(behind)]);
                Assert.True(search.Finds(written), $"{form}, {before} octets in front and {behind} behind");
            }
        }

        Assert.False(search.Finds(write(RandomNumberGenerator.GetBytes(200))));
    }

    [Fact]
    public void A_secret_is_found_in_a_text() =>
        Assert.True(new SecretSearch(_secret).Finds($"Made {Convert.ToHexString(_secret)} for pump-1."));

    [Fact]
    public void Another_secret_is_not_found()
    {
        var other = (byte[])_secret.Clone();
        other[16] ^= 1;

        Assert.False(new SecretSearch(_secret).Finds(Convert.ToBase64String(other)));
        Assert.False(new SecretSearch(_secret).Finds(Convert.ToHexString(other)));
        Assert.False(new SecretSearch(_secret).Finds(other));
    }

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
