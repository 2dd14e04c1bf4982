using System.Net.Http.Json;
using static Provisioning.Interop.Samples.ScriptedDevice;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/est/device.sh</c>: a device that is called by a timer, with the real service.</summary>
public sealed class EstDeviceTests(DeviceHouse house) : IClassFixture<DeviceHouse>
{
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
}
