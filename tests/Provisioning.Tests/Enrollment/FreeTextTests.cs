using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Enrollment;

/// <summary>What people may write into records that other people read.</summary>
public sealed class FreeTextTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Line 4, Kröpcke — 深圳 \U0001F3ED")]
    [InlineData("می\u200Cخواهم \U0001F469\u200D\U0001F527")]
    public void What_can_be_read_on_one_line_is_kept(string? text) => Assert.Null(FreeText.Check(text, 40));

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\u0000b")]
    [InlineData("a\u2028b")]
    [InlineData("a\u2029b")]
    [InlineData("a\u0085b")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("a\uE000b")]
    public void What_is_more_than_a_line_or_reads_otherwise_than_it_is_written_is_refused(string text) =>
        Assert.NotNull(FreeText.Check(text, 40));

    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.NotNull(FreeText.Check(new string('\uD83C', 1), 40));

    [Fact]
    public void Its_length_is_counted_in_characters()
    {
        Assert.Null(FreeText.Check(new string('a', 40), 40));
        Assert.NotNull(FreeText.Check(new string('a', 41), 40));
    }
}
