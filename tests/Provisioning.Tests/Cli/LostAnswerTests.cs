using Microsoft.AspNetCore.Http;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

/// <summary>Answers that are lost after the service has done what it was asked to: what is repeated, and what is told.</summary>
public sealed class LostAnswerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(200)]
    public async Task Tokens_whose_answer_is_lost_are_not_made_again(int status)
    {
        await using var service = await StartAsync(status switch
        {
            0 => Lost,
            200 => (context, _) => context.Response.WriteAsync("<html>"),
            _ => Problem(status, "storage-unavailable", "0"),
        });

        var run = await RunAsync(service, "tokens create --group pumps --timeout 20");

        Assert.Equal((1, "outcome-unknown"), run.End);
        Assert.Contains("provisioning tokens --group pumps", run.Error, StringComparison.Ordinal);
        Assert.Contains("provisioning tokens revoke ID", run.Error, StringComparison.Ordinal);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Tokens_that_were_certainly_not_made_are_asked_for_again()
    {
        await using var service = await StartAsync(
            Problem(429, "too-many-requests", "0"),
            Problem(503, "clock-suspect", "0"),
            (context, _) => context.Response.WriteAsync("""{"items":[]}"""));

        var run = await RunAsync(service, "tokens create --group pumps --timeout 20");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(3, service.Requests.Count);
        Assert.Single(service.Requests.Distinct());
    }

    [Fact]
    public async Task Tokens_are_not_in_doubt_when_nothing_was_sent_or_the_service_refused()
    {
        await using var service = await StartAsync(Problem(422, "bad-credential"));
        Assert.Equal((3, "bad-credential"), (await RunAsync(service, "tokens create --group pumps")).End);
        var gone = service.Url;
        await service.DisposeAsync();
        Assert.Equal((5, "unreachable"), (await RunAsync(gone, "tokens create --group pumps --timeout 0.1")).End);
    }

    private async Task<CommandLine> RunAsync(ScriptedService service, string line)
    {
        if (!File.Exists(_folder.At("root.pem"))) await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);
        return await RunAsync(service.Url, line);
    }

    private Task<CommandLine> RunAsync(string url, string line)
    {
        var words = line.Split(' ').Select(word => word[0] == '{' ? _folder.At(word.Trim('{', '}')) : word);
        return CommandLine.RunAsync([.. words, "--json", "--url", url, "--ca", _folder.At("root.pem")]);
    }
}
