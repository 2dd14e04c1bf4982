using static Provisioning.Interop.Samples.ScriptedDevice;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/est/device.sh</c> where power, the network or the answer fails.</summary>
public sealed class EstDeviceFaultTests(DeviceHouse house) : IClassFixture<DeviceHouse>
{
    // The end of the run, as power ends it; nothing is tidied up.
    private const string Cut = "kill -9 $(cat \"$PID\")";
    private const string Garbage = "echo bm90aGluZw==";

    [Fact]
    public async Task While_the_service_is_not_there_the_key_is_kept_and_it_does_not_ask_before_its_time()
    {
        using var device = await house.NewAsync();

        Ended(3, "no answer: ", await device.EnrollAsync(server: Nowhere));
        var (key, request) = (device.Text("pending.key"), device.Text("pending.csr"));
        var pauses = new List<long> { device.State.Pause };
        Assert.Equal(1, device.State.Failures);
        device.Rest(30);
        Ended(3, "not before 20", await device.EnrollAsync());
        while (pauses.Count < 9)
        {
            device.Wait();
            Ended(3, "no answer: ", await device.EnrollAsync(server: Nowhere));
            pauses.Add(device.State.Pause);
            Assert.Equal(pauses.Count, device.State.Failures);
        }

        Assert.All(pauses, (pause, index) => Assert.InRange(pause, 0, Math.Min(60 << index, 3600)));
        Assert.True(pauses.Distinct().Count() > 2);
        Assert.Equal((key, request), (device.Text("pending.key"), device.Text("pending.csr")));
        device.Wait();
        Ended(0, "enroll: ", await device.EnrollAsync());
        Assert.StartsWith(key, device.Text("identity.pem"), StringComparison.Ordinal);
        Assert.Equal(Settled, device.Files);

        device.Rest(30);
        Ended(0, "not before 20", await device.RenewAtOnceAsync());
    }

    [Theory]
    [InlineData("genpkey", false)]
    [InlineData("req", false)]
    [InlineData("simpleenroll", true)]
    [InlineData("'-CAfile'", true)]
    public async Task Cut_anywhere_it_asks_again_and_gets_the_same_certificate(string where, bool isMade)
    {
        using var device = await house.NewAsync();
        using var shims = new Shims();
        shims.Replace(where == "simpleenroll" ? "curl" : "openssl", where, Cut);

        Ended(137, "", await device.EnrollAsync(shims));
        Assert.False(File.Exists(device.At("identity.pem")));
        var made = isMade ? await house.Line.StatesAsync(device.Id) : [];
        Assert.Equal(isMade ? 1 : 0, made.Count);
        Ended(0, "enroll: ", await device.EnrollAsync());

        Assert.Equal(isMade ? made.Keys.Single() : device.Certificate.SerialNumber, device.Certificate.SerialNumber);
        Assert.Single(await house.Line.StatesAsync(device.Id));
        Assert.Equal(Settled, device.Files);
    }

    [Theory]
    [InlineData("curl", "simplereenroll")]
    [InlineData("rm", "pending.key")]
    [InlineData("curl", "api/v1/self")]
    public async Task Cut_in_a_renewal_it_has_one_identity_that_works(string program, string where)
    {
        using var device = await house.NewAsync();
        Ended(0, "enroll: ", await device.EnrollAsync());
        var first = device.Text("identity.pem");
        using var shims = new Shims();
        shims.Replace(program, where, Cut);

        Ended(137, "", await device.RenewAtOnceAsync(shims));
        Assert.Equal(where == "simplereenroll", device.Text("identity.pem") == first);
        Assert.Equal(2, (await house.Line.StatesAsync(device.Id)).Count);
        Ended(0, where == "simplereenroll" ? "renew: " : "not due", await device.RenewAsync());

        Assert.Equal(["current", "superseded"], (await house.Line.StatesAsync(device.Id)).Values.Order());
        Assert.NotEqual(first, device.Text("identity.pem"));
        Assert.Equal(Settled, device.Files);
    }

    [Fact]
    public async Task What_was_revoked_before_it_was_seen_gives_way_to_the_certificate_before()
    {
        using var device = await house.NewAsync();
        Ended(0, "enroll: ", await device.EnrollAsync());
        var first = device.Text("identity.pem");
        using var shims = new Shims();
        shims.Fail("curl", "/api/v1/self");
        Ended(0, "has not seen it yet", await device.RenewAtOnceAsync(shims));
        await house.Line.DoAsync("revoke", device.Certificate.SerialNumber, "--reason", "superseded", "--yes");

        Ended(5, "refused: 403 certificate-revoked;", await device.RenewAsync());
        Assert.Equal(first, device.Text("identity.pem"));
        device.Wait();
        Ended(0, "renew: ", await device.RenewAtOnceAsync());

        Assert.Equal(["current", "revoked", "superseded"], (await house.Line.StatesAsync(device.Id)).Values.Order());
        Assert.Equal(Settled, device.Files);
    }

    [Theory]
    [InlineData(Garbage)]
    [InlineData("true")]
    [InlineData("echo '<html>busy</html>'")]
    [InlineData("cat \"$FIRST\"")]
    public async Task What_is_no_certificate_over_its_key_leaves_the_identity_alone(string answer)
    {
        using var device = await house.NewAsync();
        using var shims = new Shims();
        shims.Replace("curl", "simpleenroll", $"cp \"$output\" {device.Kept}; cat \"$output\"");
        Ended(0, "enroll: ", await device.EnrollAsync(shims));
        var first = device.Text("identity.pem");
        shims.Replace("curl", "simplereenroll", answer.Replace("$FIRST", device.Kept, StringComparison.Ordinal));

        Ended(9, "", await device.RenewAtOnceAsync(shims));

        Assert.Equal(first, device.Text("identity.pem"));
        device.Wait();
        Ended(0, "renew: ", await device.RenewAsync());
        Assert.Equal(2, (await house.Line.StatesAsync(device.Id)).Count);
    }

    [Fact]
    public async Task Two_runs_at_once_are_one()
    {
        using var device = await house.NewAsync();
        using var shims = new Shims();
        shims.Replace("curl", "simpleenroll", $"cat \"$output\"; bash {Repository.At("samples", "est", "device.sh")} renew -s {Nowhere} -d {device.Quoted} >&2; echo $? >{device.Kept}");

        Ended(0, "enroll: ", await device.EnrollAsync(shims));

        Assert.Equal("2\n", await File.ReadAllTextAsync(device.KeptFile, TestContext.Current.CancellationToken));
    }
}
