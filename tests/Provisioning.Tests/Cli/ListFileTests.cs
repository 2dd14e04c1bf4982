using Provisioning.Cli;
using Provisioning.Cli.Bulk;

namespace Provisioning.Tests.Cli;

/// <summary>The one reader of lists.</summary>
public sealed class ListFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Both_forms_give_the_same_rows_and_the_lines_of_bad_ones()
    {
        var csv = await ReadAsync("\uFEFFdeviceId,csr,attribute:model,lot\r\npump-1,AA,\"P \"\"2\"\", blue\",\r\n\r\npump-2,\"AA,x,\npump-3,AA\npump-4,,,L");
        var json = await ReadAsync("""
            {"deviceId":"pump-1","csr":"AA","attributes":{"model":"P \"2\", blue"}}

            {"deviceId":"pump-2","csr":"AA","mood":"good"}
            {"deviceId":
            {"deviceId":"pump-4","lot":"L"}
            """);

        Assert.Equal(["1 pump-1 AA P \"2\", blue", "3 malformed", "4 malformed", "5 pump-4 L"], json);
        Assert.Equal(["2 pump-1 AA P \"2\", blue", "4 malformed", "5 malformed", "6 pump-4 L"], csv);
    }

    [Fact]
    public async Task A_line_without_an_end_does_not_fill_the_memory()
    {
        var rows = await ReadAsync("{\"deviceId\":\"a\"}\n{\"deviceId\":\"" + new string('x', 8 * LineReader.MaxLength) + "\n{\"deviceId\":\"c\"}");
        Assert.Equal(["1 a", "2 malformed", "3 c"], rows);
    }

    [Theory]
    [InlineData("deviceId,mood\na,b")]
    [InlineData("deviceId,deviceId\na,b")]
    [InlineData("\"deviceId\na")]
    [InlineData("")]
    [InlineData("\n\n")]
    public async Task A_list_whose_columns_are_not_known_cannot_be_used(string text)
    {
        var failure = await Assert.ThrowsAsync<FailureException>(() => ReadAsync(text));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a,,b", "a||b")]
    [InlineData(",", "|")]
    [InlineData("\"a\",\"b,\"\"c\"", "a|b,\"c")]
    [InlineData("\"\"", "")]
    [InlineData("\"a", null)]
    [InlineData("\"a\"b", null)]
    [InlineData("a\"b", null)]
    [InlineData("\"a\"\"", null)]
    public void A_row_is_taken_apart_or_refused_as_a_whole(string line, string? cells)
    {
        Assert.Equal(cells is not null, CsvRow.TrySplit(System.Text.Encoding.UTF8.GetBytes(line), out var split));
        Assert.Equal(cells, split is null ? null : string.Join('|', split));
    }

    private async Task<List<string>> ReadAsync(string text)
    {
        await File.WriteAllTextAsync(_folder.At("list"), text, Ct);
        var rows = new List<string>();
        await foreach (var row in ListFile.ReadAsync<BatchRow>(_folder.At("list"), Ct))
        {
            string?[] told = row.Value is { } value
                ? [value.DeviceId, value.Csr, .. value.Attributes?.Values ?? [], value.Lot]
                : [row.Problem!.Code];
            rows.Add($"{row.Line} {string.Join(' ', told.Where(one => one is not null))}");
        }

        Assert.Equal(rows.Count, await ListFile.CountAsync(_folder.At("list"), Ct));
        return rows;
    }
}
