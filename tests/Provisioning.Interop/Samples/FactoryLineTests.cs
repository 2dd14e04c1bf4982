namespace Provisioning.Interop.Samples;

/// <summary><c>samples/factory-line</c> against the real server, and what becomes of it when either of them is killed.</summary>
public sealed class FactoryLineTests
{
    // PROVISIONING_UNITS=2000 makes it a whole shift.
    private static readonly int UnitCount = int.Parse(Environment.GetEnvironmentVariable("PROVISIONING_UNITS") ?? "200");

    [Fact]
    public async Task Every_unit_of_the_list_gets_a_key_and_a_certificate_for_it()
    {
        await using var server = await ServerProcess.StartAsync();
        using var line = new FactoryLine(server);
        var units = Names("pump", 60);
        line.Give(["deviceId,lot", "# the first shift", .. units.Select(unit => unit + ",L-7")]);

        var run = await line.RunAsync();

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(units, line.ReadIssued().Order());
        Assert.Empty(await Tool.CheckAsync("find", line.Units, "-name", "*.key", "-not", "-perm", "600"));
        var certificate = line.Unit(units[0], "pem");
        Assert.Equal(
            await Tool.CheckAsync("openssl", "pkey", "-in", line.Unit(units[0], "key"), "-pubout"),
            await Tool.CheckAsync("openssl", "x509", "-in", certificate, "-noout", "-pubkey"));
        await Tool.CheckAsync(
            "openssl", "verify", "-x509_strict", "-CAfile", server.Pki("root.pem"), "-untrusted", certificate, certificate);
        Assert.Equal(
            $"serial={line.ReadResults().Single(result => result.StartsWith(units[0] + ',', StringComparison.Ordinal)).Split(',')[1]}\n",
            await Tool.CheckAsync("openssl", "x509", "-in", certificate, "-noout", "-serial"));
    }

    [Fact]
    public async Task A_second_run_asks_for_nothing_that_the_first_one_got()
    {
        await using var server = await ServerProcess.StartAsync();
        using var line = new FactoryLine(server);
        line.Give(Names("valve", 25));
        Assert.Equal(0, (await line.RunAsync()).ExitCode);
        var units = line.ReadUnits();
        var results = line.ReadResults();
        line.Tear("valve-00001,4F");

        await server.StopAsync();
        var run = await line.RunAsync();

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(results, line.ReadResults());
        Assert.Equal(units, line.ReadUnits());
    }

    [Fact]
    public async Task A_lost_certificate_is_fetched_again_and_is_the_same()
    {
        await using var server = await ServerProcess.StartAsync();
        using var line = new FactoryLine(server);
        line.Give("meter-1");
        Assert.Equal(0, (await line.RunAsync()).ExitCode);
        var unit = line.ReadUnits();
        File.Delete(line.Unit("meter-1", "pem"));
        File.Delete(line.Results);

        Assert.Equal(0, (await line.RunAsync()).ExitCode);

        Assert.Equal(unit, line.ReadUnits());
    }

    [Fact]
    public async Task What_is_refused_is_recorded_with_its_code_and_the_line_goes_on()
    {
        await using var server = await ServerProcess.StartAsync();
        using var before = new FactoryLine(server);
        before.Give("taken-1");
        Assert.Equal(0, (await before.RunAsync()).ExitCode);
        using var line = new FactoryLine(server);
        line.Give("taken-1", "good-1", "no good", "$(touch made)", "\"good-2\";x", "good-1", "good-3");

        var run = await line.RunAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["good-1", "good-2", "good-3"], line.ReadIssued().Order());
        Assert.Equal(
            ["taken-1,,failed,device-already-bound"],
            line.ReadResults().Where(result => result.Contains(",failed,")).Select(result => result[..result.LastIndexOf(',')]));
        Assert.Matches(@"(?m)^ +bad-device-id +2$", run.Error);
        Assert.Matches(@"(?m)^ +device-already-bound +1$", run.Error);
        Assert.Contains("line 6: good-1 is in line 2 already", run.Error);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again_with_the_same_request_and_not_before_it_wishes()
    {
        await using var service = await BusyService.StartAsync(TimeSpan.FromSeconds(2));
        using var line = new FactoryLine(service.Arguments);
        line.Give("late-1");

        var run = await line.RunAsync();

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(2, service.Requests.Count);
        Assert.Equal(service.Requests[0].Key, service.Requests[1].Key);
        Assert.Equal(service.Requests[0].Body, service.Requests[1].Body);
        Assert.True(service.Requests[1].At - service.Requests[0].At >= service.RetryAfter);
    }

    [Fact]
    public async Task A_service_that_wants_to_be_asked_much_later_is_left_alone_until_the_next_run()
    {
        await using var service = await BusyService.StartAsync(TimeSpan.FromHours(16));
        using var line = new FactoryLine(service.Arguments);
        line.Give("late-1");

        var run = await line.RunAsync();

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("wants to be asked again in 57600 s (storage-unavailable)", run.Error, StringComparison.Ordinal);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task A_line_whose_own_certificate_is_refused_stops_and_blames_no_unit()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var other = await ServerProcess.StartAsync();
        using var line = new FactoryLine(
            "-s", server.Https, "--cacert", server.Pki("root.pem"),
            "--cert", other.Credential("factory-line.pem"), "--key", other.Credential("factory-line.key"));
        line.Give(Names("stray", 30));

        var run = await line.RunAsync();

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("the line's certificate (unknown-certificate)", run.Error);
        Assert.Empty(line.ReadResults());
    }

    [Fact]
    public async Task Killed_in_the_middle_line_and_server_go_on_and_every_device_has_one_certificate()
    {
        await using var server = await ServerProcess.StartAsync();
        using var line = new FactoryLine(server);
        var units = Names("unit", UnitCount);
        line.Give(units);
        string[] few = ["-j", "3"];

        using (var first = line.Start(few))
        {
            await line.UntilIssuedAsync(UnitCount / 5);
            first.Kill();
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.InRange(line.ReadIssued().Length, UnitCount / 5, UnitCount - 1);
        using (var second = line.Start(few))
        {
            var said = second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await line.UntilIssuedAsync(UnitCount / 2);
            await server.KillAsync();
            Assert.False(second.HasExited);
            Assert.InRange(line.ReadIssued().Length, UnitCount / 2, UnitCount - 1);
            await server.StartAgainAsync();
            await second.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(second.ExitCode == 0, await said);
            TestContext.Current.TestOutputHelper?.WriteLine(await said);
        }

        Assert.Equal(units, line.ReadIssued().Order());
        using (var administrator = Api.Client(server, "admin"))
        {
            Assert.Equal(units, (await ReadAsync(administrator, "devices", "deviceId")).Order());
            Assert.Equal(units, (await ReadAsync(administrator, "certificates?holderKind=device&state=current", "holder")).Order());

            // What the killed server had reserved and not signed is abandoned; nothing else may be there.
            foreach (var other in (string[])["reserved", "issued", "superseded", "held", "revoked"])
                Assert.Empty(await ReadAsync(administrator, "certificates?holderKind=device&state=" + other, "holder"));
        }

        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    private static async Task<IEnumerable<string?>> ReadAsync(HttpClient administrator, string list, string property) =>
        (await Api.ListAsync(administrator, "/api/v1/" + list)).Select(row => row.GetProperty(property).GetString());

    private static string[] Names(string prefix, int count) => [.. Enumerable.Range(1, count).Select(i => $"{prefix}-{i:D5}")];
}
