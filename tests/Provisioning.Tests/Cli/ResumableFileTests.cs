using Provisioning.Cli;
using Provisioning.Cli.Bulk;

namespace Provisioning.Tests.Cli;

/// <summary>The file in which results are kept, killed at any place.</summary>
public sealed class ResumableFileTests : IDisposable
{
    private const string Start = "{\"status\":";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Whatever_a_kill_has_left_unfinished_is_cut_off_and_nothing_else()
    {
        const string whole = "{\"status\":201,\"a\":\"ä\"}\n{\"status\":403}\n";
        var bytes = System.Text.Encoding.UTF8.GetBytes(whole);
        for (var length = 0; length <= bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(_folder.At("results"), bytes[..length], Ct);
            var kept = Array.LastIndexOf(bytes[..length], (byte)'\n') + 1;
            Assert.Equal(bytes[..kept].Count(octet => octet == '\n'), await OpenAsync());
            byte[] expected = [.. bytes[..kept], .. "{\"status\":0}\n"u8];
            Assert.Equal(expected, await File.ReadAllBytesAsync(_folder.At("results"), Ct));
        }
    }

    [Theory]
    [InlineData("deviceId,csr\npump-1,AA\n")]
    [InlineData("{\"deviceId\":\"pump-1\"}")]
    [InlineData("{\"status\":1}\nshort\n")]
    [InlineData("{\"sta\n")]
    [InlineData("-----BEGIN")]
    public async Task A_file_of_something_else_is_left_as_it_is(string text)
    {
        await File.WriteAllTextAsync(_folder.At("results"), text, Ct);
        Assert.Equal(ExitCode.Usage, (await Assert.ThrowsAsync<FailureException>(OpenAsync)).ExitCode);
        Assert.Equal(text, await File.ReadAllTextAsync(_folder.At("results"), Ct));
    }

    [Fact]
    public async Task Two_runs_cannot_write_the_same_results()
    {
        using var first = await ResumableFile.OpenAsync(_folder.At("results"), Start, _ => { }, Ct);
        await Assert.ThrowsAsync<IOException>(OpenAsync);
    }

    // Opens it, appends a line, and tells how many there were.
    private async Task<int> OpenAsync()
    {
        var lines = 0;
        using var file = await ResumableFile.OpenAsync(_folder.At("results"), Start, _ => lines++, Ct);
        file.Append("{\"status\":0}\n"u8);
        return lines;
    }
}
