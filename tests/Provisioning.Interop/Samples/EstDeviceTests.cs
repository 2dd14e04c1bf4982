using System.Globalization;
using System.Net.Http.Json;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/est/device.sh</c>: a device that is called by a timer, with the real service.</summary>
public sealed class EstDeviceTests(DeviceHouse house) : IClassFixture<DeviceHouse>
{
    // The end of the run, as power ends it; nothing is tidied up.
    private const string Cut = "kill -9 $(cat \"$PID\")";
    private const string Nowhere = "https://localhost:1";
    private const string Garbage = "echo bm90aGluZw==";

    private static readonly string[] Settled = ["authorities.pem", "identity.pem", "lock", "root.pem"];

    [Fact]
    public async Task It_enrolls_with_a_token_and_renews_to_a_new_key_with_the_whole_subject()
    {
        using var device = await house.NewAsync();

        Ended(0, $"enroll: subject=OU=brokers,CN={device.Id} ", await device.EnrollAsync());
        var first = device.Certificate;
        Assert.Equal(Settled, device.Files);
        Ended(0, "enrolled already", await device.EnrollAsync());
        Ended(0, "not due", await device.RenewAsync());
        Assert.Equal(first, device.Certificate);
        Ended(0, $"renew: subject=OU=brokers,CN={device.Id} ", await device.RenewAtOnceAsync());

        Assert.NotEqual(first.PublicKey.EncodedKeyValue.RawData, device.Certificate.PublicKey.EncodedKeyValue.RawData);
        Assert.Equal(first.SubjectName.RawData, device.Certificate.SubjectName.RawData);
        Assert.Equal(["current", "superseded"], (await house.Line.StatesAsync(device.Id)).Values.Order());
        Assert.Equal(Settled, device.Files);
        Assert.Equal("-rw-------\n", await Tool.CheckAsync("stat", "-c", "%A", device.At("identity.pem")));
        await Tool.CheckAsync("curl", "-sSf", "--cacert", device.At("root.pem"), "--cert", device.At("identity.pem"), house.Server.Https + "/api/v1/self");
    }

    [Fact]
    public async Task It_repeats_a_subject_with_everything_that_openssl_would_take_for_more_than_text()
    {
        using var device = await house.NewAsync(DeviceHouse.Odd);
        Ended(0, "enroll: ", await device.EnrollAsync());
        var subject = device.Certificate.SubjectName;
        Assert.Contains(DeviceHouse.OddName, subject.Format(multiLine: true), StringComparison.Ordinal);

        Ended(0, "renew: ", await device.RenewAtOnceAsync());

        Assert.Equal(subject.RawData, device.Certificate.SubjectName.RawData);
    }

    [Theory]
    [InlineData("secp384r1")]
    [InlineData("rsa:2048")]
    public async Task It_makes_keys_of_other_kinds(string kind)
    {
        using var device = await house.NewAsync();

        Ended(0, "enroll: ", await device.EnrollAsync(more: ["-k", kind]));

        Assert.Equal(kind == "rsa:2048" ? 2048 : 384, device.Certificate.PublicKey.GetRSAPublicKey()?.KeySize ?? device.Certificate.PublicKey.GetECDsaPublicKey()!.KeySize);
    }

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
    public async Task Where_an_administrator_approves_it_waits_as_long_as_it_is_told()
    {
        using var device = await house.NewAsync(DeviceHouse.Manual);

        Ended(3, "later: 202 approval-pending: ", await device.EnrollAsync());
        Assert.InRange(device.State.Pause, 30, 120);
        Assert.Equal(0, device.State.Failures);
        var key = device.Text("pending.key");
        Ended(3, "not before", await device.EnrollAsync());
        using (var administrator = Api.Client(house.Server, "admin"))
        {
            var waiting = (await Api.ListAsync(administrator, "/api/v1/approvals?state=pending&deviceId=" + device.Id)).Single();
            using var decided = await administrator.PostAsJsonAsync(
                "/api/v1/approvals/decisions", new { ids = new[] { waiting.GetProperty("id").GetString() }, approve = true }, TestContext.Current.CancellationToken);
            Assert.True(decided.IsSuccessStatusCode);
        }

        device.Wait();
        Ended(0, "enroll: ", await device.EnrollAsync());
        Assert.StartsWith(key, device.Text("identity.pem"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_another_key_mends_drops_the_key_and_others_do_not()
    {
        using var one = await house.NewAsync();
        using var other = await house.NewAsync();
        Ended(0, "enroll: ", await one.EnrollAsync());
        Ended(3, "no answer", await other.EnrollAsync(server: Nowhere));

        // By chance or by copying, it has the key of another one.
        await File.WriteAllTextAsync(other.At("pending.key"), one.Text("identity.pem").Split("-----BEGIN CERTIFICATE")[0], TestContext.Current.CancellationToken);
        File.Delete(other.At("pending.csr"));
        other.Wait();
        Ended(5, "refused: 409 key-in-use: ", await other.EnrollAsync());
        Assert.False(File.Exists(other.At("pending.key")));
        other.Wait();
        Ended(0, "enroll: ", await other.EnrollAsync());

        // The token is spent, whoever else has it.
        using var thief = new ScriptedDevice(house, other.Id, DeviceHouse.Group);
        File.Copy(other.Token, thief.Token);
        Ended(5, "refused: 409 device-already-bound: ", await thief.EnrollAsync());
        Assert.True(File.Exists(thief.At("pending.key")));
        Assert.InRange(thief.State.Pause, 0, 60);
    }

    [Fact]
    public async Task A_name_that_the_service_does_not_take_can_be_put_right()
    {
        using var device = await house.NewAsync();

        Ended(5, "refused: 400 identity-mismatch: ", await device.EnrollAsync(more: ["-n", "some/other+name\\"]));
        var key = device.Text("pending.key");
        device.Wait();
        Ended(0, "enroll: ", await device.EnrollAsync());

        Assert.StartsWith(key, device.Text("identity.pem"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_renews_when_the_service_wants_it_and_else_when_most_of_its_life_is_over()
    {
        using var device = await house.NewAsync(DeviceHouse.Patient);
        Ended(0, "enroll: ", await device.EnrollAsync());

        // Before the window of the group.
        Ended(3, "not now: 409 renewal-too-early: ", await device.RenewAtOnceAsync());
        Assert.True(device.State.Pause > 86_400);
        device.Wait();
        File.Delete(device.At("pending.key"));

        // The service is silent: half of the life is too early, 70 percent is not.
        using var shims = new Shims();
        shims.Replace("date", "^' +%s '", "echo $(( $(/bin/date +%s) + 365 * 86400 / 2 ))");
        Ended(3, "no answer", await device.RenewAsync(shims, Nowhere));
        Assert.False(File.Exists(device.At("pending.key")));
        device.Rest(-1);
        shims.Replace("date", "^' +%s '", "echo $(( $(/bin/date +%s) + 365 * 86400 * 7 / 10 ))");
        Ended(3, "no answer", await device.RenewAsync(shims, Nowhere));
        Assert.True(File.Exists(device.At("pending.key")));
        device.Wait();
        File.Delete(device.At("pending.key"));

        // A campaign comes sooner than the window.
        using var administrator = Api.Client(house.Server, "admin");
        using var campaign = await administrator.PostAsJsonAsync(
            $"/api/v1/groups/{DeviceHouse.Patient}/campaigns", new { reason = "test", duration = "PT1M" }, TestContext.Current.CancellationToken);
        Assert.True(campaign.IsSuccessStatusCode, await campaign.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Ended(0, "renew: ", await device.RenewAsync());
    }

    [Theory]
    [InlineData(5, "not due")]
    [InlineData(7, "there is nothing to show it to")]
    public async Task Where_there_is_nothing_but_EST_it_renews_after_60_percent_of_its_life(int tenths, string said)
    {
        using var device = await house.NewAsync();
        Ended(0, "enroll: ", await device.EnrollAsync());
        var first = device.Certificate;
        using var shims = new Shims();
        shims.Redirect("curl", "api/v1/self", ".well-known/est/nobody/cacerts");
        shims.Replace("date", "^' +%s '", $"echo $(( $(/bin/date +%s) + 365 * 86400 * {tenths} / 10 ))");

        Ended(0, said, await device.RenewAsync(shims));

        Assert.Equal(tenths == 5, first.Equals(device.Certificate));
        Assert.Equal(Settled, device.Files);
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

    [Fact]
    public async Task A_service_that_is_not_trusted_gets_no_token()
    {
        using var device = await house.NewAsync();
        await using var other = new PreparedService(PreparedService.Answer("HTTP/1.1 200 OK\nContent-Length: 0", 0));

        Ended(4, "the service is not trusted: ", await device.EnrollAsync(server: other.Url));

        Assert.Equal(1, device.State.Failures);
        Assert.DoesNotContain("identity.pem", device.Files);
    }

    [Theory]
    [InlineData("503 Service Unavailable\nRetry-After: 500", 3, 500, 560)]
    [InlineData("429 Too Many Requests\nretry-after: 7", 3, 7, 67)]
    [InlineData("500 Internal Server Error", 3, 0, 60)]
    [InlineData("403 Forbidden", 5, 0, 60)]
    [InlineData("403 Forbidden\nRetry-After: 9", 3, 9, 69)]
    public async Task It_comes_back_when_it_is_told_to(string answer, int code, long least, long most)
    {
        using var device = await house.NewAsync();
        await using var service = new PreparedService(PreparedService.Answer($"HTTP/1.1 {answer}\nContent-Length: 9", "code: why"u8));

        Ended(code, answer[..3] + " code: why", await device.EnrollAsync(server: service.Url, root: service.Certificate));

        Assert.InRange(device.State.Pause, least, most);
    }

    private static void Ended(int code, string said, Tool run) => Assert.True(
        run.ExitCode == code && (run.Output + run.Error).Contains(said, StringComparison.Ordinal),
        string.Create(CultureInfo.InvariantCulture, $"Not {code} and '{said}', but {run.ExitCode}:\n{run.Output}\n{run.Error}"));
}
