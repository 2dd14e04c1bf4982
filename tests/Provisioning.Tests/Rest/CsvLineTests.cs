using System.Text;
using Provisioning.Rest.Bulk;

namespace Provisioning.Tests.Rest;

/// <summary>Lines of comma-separated values, and what a spreadsheet would make of their cells.</summary>
public sealed class CsvLineTests
{
    [Theory]
    [InlineData("=1+1", "\"'=1+1\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-1", "\"'-1\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("'=1", "\"''=1\"")]
    [InlineData("''-1", "\"'''-1\"")]
    [InlineData("'tis", "\"'tis\"")]
    [InlineData("a=1", "\"a=1\"")]
    [InlineData("{\"a\":\"=1\"}", "\"{\"\"a\"\":\"\"=1\"\"}\"")]
    [InlineData("a, \"b\"", "\"a, \"\"b\"\"\"")]
    [InlineData("", "")]
    public void A_cell_is_no_formula_and_comes_back_unchanged(string cell, string written)
    {
        var line = new StringBuilder();
        CsvLine.Append(line, ["x", cell, "y"]);
        Assert.Equal($"\"x\",{written},\"y\"\r\n", line.ToString());
        Assert.True(CsvLine.TrySplit(line.ToString().TrimEnd(), out var cells));
        Assert.Equal(["x", cell, "y"], cells.Select(CsvLine.Plain));
    }

    [Theory]
    [InlineData("a,b", "a|b")]
    [InlineData("a,", "a|")]
    [InlineData(",", "|")]
    [InlineData("\"a,b\",\"\"", "a,b|")]
    [InlineData("\"a", null)]
    [InlineData("a\"b", null)]
    [InlineData("\"a\"b,c", null)]
    public void A_line_is_taken_apart_or_its_quotes_do_not_match(string line, string? expected)
    {
        var isRead = CsvLine.TrySplit(line, out var cells);
        Assert.Equal(expected, isRead ? string.Join('|', cells!) : null);
    }
}
