using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Certificates;

public sealed class CursorTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1_772_352_000_000, "0123456789ABCDEF0123456789ABCDEF")]
    [InlineData(long.MaxValue, "pump-1")]
    [InlineData(long.MinValue, "A234567890123456789012345678901234567890123456789012345678901234")]
    public void A_cursor_reads_back_what_it_wrote(long number, string text)
    {
        var cursor = new Cursor(number, text);
        Assert.True(Cursor.TryParse(cursor.ToString(), out var read));
        Assert.Equal(cursor, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AQ")]
    [InlineData("AgAAAAAAAAAA")]
    [InlineData("AQAAAAAAAAAA=")]
    [InlineData("not a cursor")]
    [InlineData("AQAAAAAAAAAA\u00ff")]
    public void What_no_list_gave_is_not_a_cursor(string? text) => Assert.False(Cursor.TryParse(text, out _));

    [Fact]
    public void A_cursor_that_is_too_long_or_not_ASCII_is_none()
    {
        Assert.False(Cursor.TryParse(new string('A', 4096), out _));
        byte[] octets = [1, .. new byte[8], 0xC3];
        Assert.False(Cursor.TryParse(System.Buffers.Text.Base64Url.EncodeToString(octets), out _));
    }
}
