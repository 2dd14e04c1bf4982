using System.Diagnostics;

namespace Provisioning.Interop;

/// <summary>The command while the service dies under it, is away, or the person loses patience.</summary>
public sealed class CliFaultTests(CommandLine cli) : IClassFixture<CommandLine>
{
    [Theory]
    [InlineData("after-reserve")]
    [InlineData("after-record")]
    public async Task What_lost_its_answer_is_finished_by_running_it_again(string failpoint)
    {
        var device = "cli-" + failpoint;

        await LoseAsync(failpoint, "enroll", device, "--out", cli.Folder, "--data", cli.Server.DataDirectory);
        var recorded = await IssuedAsync(device);
        var enrolled = await cli.EnrollAsync(device);
        Assert.Equal([enrolled], await IssuedAsync(device));
        Assert.All(recorded, serial => Assert.Equal(enrolled, serial));

        string[] renew = ["renew", "--cert", cli.At(device + ".pem"), "--key", cli.At(device + ".key")];
        await LoseAsync(failpoint, [.. renew, "--ca", cli.Server.Pki("root.pem")]);
        recorded = [.. (await IssuedAsync(device)).Except([enrolled])];
        var renewed = CommandLine.Serial(await cli.DoAsync(renew));
        Assert.Equal([renewed], (await IssuedAsync(device)).Except([enrolled]));
        Assert.All(recorded, serial => Assert.Equal(renewed, serial));
        Assert.Empty(Directory.GetFiles(cli.Folder, device + ".*.pending"));
    }

    [Fact]
    public async Task A_service_that_is_away_ends_with_5_and_one_that_comes_back_in_time_is_waited_for()
    {
        await cli.Server.StopAsync();
        var away = await cli.TryAsync("devices", "--timeout", "1");
        Assert.Equal(5, away.ExitCode);
        Assert.StartsWith("unreachable: ", away.Error, StringComparison.Ordinal);

        var waiting = cli.DoAsync("enroll", "cli-patient", "--out", cli.Folder, "--timeout", "90");
        await cli.Server.StartAgainAsync();
        Assert.NotEmpty(CommandLine.Serial(await waiting));
    }

    [Fact]
    public async Task Control_C_ends_it_cleanly_with_130()
    {
        using var waiting = CommandLine.Start(
            "devices", "--url", "https://localhost:1", "--ca", cli.Server.Pki("root.pem"), "--timeout", "600");
        var first = await waiting.StandardError.ReadLineAsync(Ct);
        using (Process.Start("kill", ["-INT", waiting.Id.ToString()])) await waiting.WaitForExitAsync(Ct);

        Assert.StartsWith("unreachable: ", first, StringComparison.Ordinal);
        Assert.Equal(130, waiting.ExitCode);
        Assert.Contains("interrupted: ", await waiting.StandardError.ReadToEndAsync(Ct), StringComparison.Ordinal);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // The server dies in the middle of the request and comes back only after the command has given up.
    private async Task LoseAsync(string failpoint, params string[] arguments)
    {
        await cli.Server.StopAsync();
        await cli.Server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = failpoint });
        var run = await CommandLine.RunAsync([.. arguments, "--url", cli.Server.Https, "--timeout", "2"]);
        Assert.True(run.ExitCode == 5, run.Error);
        await cli.Server.Process.WaitForExitAsync(Ct);
        await cli.Server.StartAgainAsync();
    }

    private async Task<List<string>> IssuedAsync(string device)
    {
        var run = await CommandLine.RunAsync(
            "devices", "certificates", device, "--json", "--url", cli.Server.Https, "--data", cli.Server.DataDirectory);
        if (run.ExitCode == 6) return [];
        var states = await cli.StatesAsync(device);
        return [.. states.Where(one => one.Value is "issued" or "current").Select(one => one.Key)];
    }
}
