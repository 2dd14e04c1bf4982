namespace Provisioning.Interop;

/// <summary>
/// <c>init</c>, the first start in Development and <c>rollover</c>, killed with -9 in each window of the pipeline: the same command again goes on
/// where that one stopped.
/// </summary>
public sealed class KilledSetupTests : IDisposable
{
    private const int Killed = 137;
    private const string Failpoint = "PROVISIONING_FAILPOINT";

    private static readonly string[] Windows = ["after-reserve", "after-sign", "after-record"];

    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-killed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Init_that_is_killed_at_every_step_of_both_authorities_goes_on_when_it_is_run_again()
    {
        // The root's certificate is on record after the third kill, so that the next three meet the issuing authority.
        foreach (var window in (string[])[.. Windows, .. Windows]) await KillAsync(window, "init");

        var ended = await RunAsync([], "init");

        Assert.True(ended.ExitCode == 0, ended.Error);
        await AssertCleanAsync();
        Assert.Equal(1, (await RunAsync([], "init")).ExitCode);
    }

    [Fact]
    public async Task Rollover_that_is_killed_at_every_step_goes_on_when_it_is_run_again_whatever_the_authority_is_called_then()
    {
        Assert.Equal(0, (await RunAsync([], "init")).ExitCode);
        await KillAsync("after-reserve", "rollover", "--to", "2");
        await KillAsync("after-reserve", "rollover", "--to", "2", "--Provisioning:Authority:IssuingName", "Plant CA 2");
        await KillAsync("after-sign", "rollover", "--to", "2");
        await KillAsync("after-record", "rollover", "--to", "2");

        var ended = await RunAsync([], "rollover", "--to", "2");

        Assert.True(ended.ExitCode == 0, ended.Error);
        Assert.Contains("signs from the next start on", ended.Output, StringComparison.Ordinal);
        Assert.Matches("issuing-2 .*G2.* signs", (await RunAsync([], "rollover")).Output);
        await AssertCleanAsync();
    }

    [Fact]
    public async Task A_first_start_that_is_killed_goes_on_when_it_is_started_again()
    {
        var environment = new Dictionary<string, string> { [Failpoint] = "after-sign" };
        var directory = Path.Combine(_folder, "data");
        var killed = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartAsync(directory, environment));
        Assert.Contains($"{Killed}", killed.Message, StringComparison.Ordinal);
        environment[Failpoint] = "";

        await using var server = await ServerProcess.StartAsync(directory, environment);

        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    private async Task KillAsync(string failpoint, params string[] arguments)
    {
        var run = await RunAsync(new() { [Failpoint] = failpoint }, arguments);
        Assert.True(run.ExitCode == Killed, $"{failpoint}: {run.ExitCode}\n{run.Output}\n{run.Error}");
    }

    private async Task AssertCleanAsync()
    {
        var audit = await RunAsync([], "audit");
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    private Task<Tool> RunAsync(Dictionary<string, string> more, params string[] arguments) => Tool.RunAsync(
        "dotnet",
        [Repository.Program("Provisioning.Server", "Provisioning.Server"), .. arguments],
        environment: new Dictionary<string, string>(more)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Provisioning__DataDirectory"] = Path.Combine(_folder, "data"),
            ["Provisioning__Passphrase"] = "correct horse battery staple",
        });
}
