using System.Net;
using System.Text.Json;
using Provisioning.Tests.Server;

namespace Provisioning.Tests.Cli;

/// <summary><c>revocations</c>, <c>campaigns</c>, and what <c>devices</c> does to one.</summary>
public sealed class RevocationVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Many_certificates_are_held_by_a_confirmed_job_and_released_by_another()
    {
        await using var server = await TestServer.StartAsync();
        var stolen = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var other = await server.NewDevice("pump-2").EnrollAsync(server.Registrar());
        await File.WriteAllTextAsync(_folder.At("stolen.txt"), " pump-1 \n\npump-7\n", Ct);

        var preview = await DoAsync(server, $"revocations preview --devices {_folder.At("stolen.txt")} --reason certificateHold --group default");
        Assert.Equal(1, preview.GetProperty("certificates").GetInt32());
        var token = preview.GetProperty("confirmationToken").GetString()!;
        Assert.Equal(1, (await AskAsync(server, $"revocations confirm {token}")).ExitCode);
        Assert.Equal(HttpStatusCode.OK, (await stolen.Client().GetAsync("/api/v1/self", Ct)).StatusCode);
        var held = await DoAsync(server, $"revocations confirm {token} --watch --yes");
        Assert.Equal(("finished", 1), (held.GetProperty("state").GetString(), held.GetProperty("done").GetInt32()));
        Assert.Equal(HttpStatusCode.Forbidden, (await stolen.Client().GetAsync("/api/v1/self", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.Client().GetAsync("/api/v1/self", Ct)).StatusCode);

        var job = held.GetProperty("id").GetString()!;
        preview = await DoAsync(server, $"revocations preview --releases {job}");
        var released = await DoAsync(server, $"revocations confirm {preview.GetProperty("confirmationToken").GetString()} --yes");
        await DoAsync(server, $"revocations watch {released.GetProperty("id").GetString()}");
        Assert.Equal(HttpStatusCode.OK, (await stolen.Client().GetAsync("/api/v1/self", Ct)).StatusCode);
        Assert.Equal(2, (await DoAsync(server, "revocations")).GetProperty("items").GetArrayLength());
        Assert.Equal(job, (await DoAsync(server, $"revocations show {job}")).GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_job_that_waits_for_somebody_else_ends_with_7_and_can_be_stopped()
    {
        await using var server = await TestServer.StartAsync(options => options.Revocation.SecondAdministratorAbove = 0);
        await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var preview = await DoAsync(server, "revocations preview --profile device --reason superseded");
        var waiting = await RunAsync(server, $"revocations confirm {preview.GetProperty("confirmationToken").GetString()} --watch --yes");
        Assert.Equal((7, "approval-pending"), waiting.End);
        var id = waiting.Json.GetProperty("id").GetString();
        Assert.Equal((4, "not-allowed"), (await RunAsync(server, $"revocations approve {id} --yes")).End);
        Assert.Equal("stopped", (await DoAsync(server, $"revocations stop {id}")).GetProperty("state").GetString());
        Assert.Equal((7, "job-stopped"), (await RunAsync(server, $"revocations watch {id}")).End);
    }

    [Theory]
    [InlineData("revocations preview --reason superseded")]
    [InlineData("revocations preview --group pumps --releases 8A1F6C0B57D94E238B1C4D7E90A2F365")]
    [InlineData("revocations preview --group pumps --reserved-from yesterday")]
    [InlineData("revocations preview --devices nothing-there.txt")]
    [InlineData("revocations preview --group pumps --reason removeFromCRL")]
    [InlineData("campaigns start pumps --reason why --over soon")]
    [InlineData("devices revoke pump-1 --reason certificateHold --yes")]
    public async Task A_command_line_that_cannot_be_meant_is_not_sent(string line)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal((2, "usage"), (await RunAsync(server, line)).End);
    }

    [Fact]
    public async Task A_device_is_suspended_resumed_quarantined_released_revoked_and_decommissioned()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        foreach (var (verb, state) in new[]
        {
            ("suspend pump-1 --reason stolen", "suspended"), ("resume pump-1", "active"), ("quarantine pump-1", "quarantined"), ("release pump-1", "active"),
        })
        {
            Assert.Equal(state, (await DoAsync(server, "devices " + verb)).GetProperty("state").GetString());
        }

        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self", Ct)).StatusCode);
        foreach (var line in new[] { "devices revoke pump-1", "devices decommission pump-1" })
            Assert.Equal(1, (await AskAsync(server, line)).ExitCode);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self", Ct)).StatusCode);
        Assert.Equal("active", (await DoAsync(server, "devices revoke pump-1 --reason keyCompromise --yes")).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, (await device.Client().GetAsync("/api/v1/self", Ct)).StatusCode);
        Assert.Equal("decommissioned", (await DoAsync(server, "devices decommission pump-1 --yes")).GetProperty("state").GetString());
        Assert.Equal(3, (await RunAsync(server, "devices resume pump-1")).ExitCode);
        Assert.Equal(6, (await RunAsync(server, "devices suspend nobody")).ExitCode);
    }

    [Fact]
    public async Task A_campaign_is_started_shown_and_stopped_and_tells_its_stragglers()
    {
        await using var server = await TestServer.StartAsync();
        await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var started = await RunAsync(server, ["campaigns", "start", "default", "--reason", "new authority", "--over", "6h", "--at", "1h"]);
        Assert.Equal((0, null), started.End);
        var id = started.Json.GetProperty("id").GetString();
        var (from, to) = (started.Json.GetProperty("startsAt").GetDateTimeOffset(), started.Json.GetProperty("endsAt").GetDateTimeOffset());
        Assert.Equal(TimeSpan.FromHours(6), to - from);
        Assert.Equal(3, (await RunAsync(server, ["campaigns", "start", "default", "--reason", "again", "--over", "6h"])).ExitCode);
        Assert.Equal(id, (await DoAsync(server, "campaigns list default")).GetProperty("items")[0].GetProperty("id").GetString());
        Assert.Equal("scheduled", (await DoAsync(server, $"campaigns show default {id}")).GetProperty("state").GetString());
        var stragglers = await DoAsync(server, $"campaigns stragglers default {id}");
        Assert.Equal("pump-1", stragglers.GetProperty("items")[0].GetProperty("deviceId").GetString());
        Assert.Equal("stopped", (await DoAsync(server, $"campaigns stop default {id}")).GetProperty("state").GetString());
    }

    // With somebody at the terminal, who says no.
    private static async Task<CommandLine> AskAsync(TestServer server, string line)
    {
        var run = await CommandLine.RunAsync(
            _ => null, "n\n", [.. line.Split(' '), "--url", server.Https.ToString(), "--data", server.Instance.Data.Path]);
        Assert.Contains("not-confirmed", run.Error, StringComparison.Ordinal);
        return run;
    }

    private static Task<CommandLine> RunAsync(TestServer server, string line) => CommandLine.RunAsync(server, line.Split(' '));

    private static Task<CommandLine> RunAsync(TestServer server, string[] arguments) => CommandLine.RunAsync(server, arguments);

    private static async Task<JsonElement> DoAsync(TestServer server, string line)
    {
        var run = await RunAsync(server, line);
        Assert.True(run.ExitCode == 0, $"{line}: {run.ExitCode} {run.Error}");
        return run.Json;
    }
}
