using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Registrars revoke within their scope, where it says so, and learn nothing beyond it.</summary>
public sealed class RegistrarRevocationTests
{
    [Fact]
    public async Task TM_12_a_registrar_revokes_within_its_scope_only_when_that_says_so()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        using var station = server.Client(certificate);
        var device = await server.NewDevice("p-1").EnrollAsync(server.Registrar());
        foreach (var scope in new[] { """{"groups":["default"]}""", """{"groups":["default"],"mayRevoke":false}""" })
        {
            await server.LimitAsync("station-1", scope);
            await Problem.IsAsync(await RevokeAsync(station, device.SerialNumber), HttpStatusCode.Forbidden, "not-allowed");
        }

        // One without any limits was never meant to revoke either.
        await Problem.IsAsync(await RevokeAsync(server.Registrar(), device.SerialNumber), HttpStatusCode.Forbidden, "not-allowed");

        await server.LimitAsync("station-1", """{"groups":["default"],"mayRevoke":true}""");
        using var revoked = await RevokeAsync(station, device.SerialNumber, "keyCompromise");
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        await Problem.IsAsync(await device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");
        await TestServer.UntilAsync(() => server.Crl()?.Entries == 1, TimeSpan.FromMinutes(1));
        var history = await server.GetAsync("/api/v1/devices/p-1/history");
        var entry = history.GetProperty("items").EnumerateArray().First(one => one.GetProperty("action").GetString() == "certificate-revoked");
        Assert.Equal("registrar:station-1", entry.GetProperty("actor").GetString());
    }

    [Fact]
    public async Task TM_15_what_is_beyond_the_scope_is_answered_as_what_there_is_not()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"groups":["default"],"deviceIdPatterns":["p-[0-9]+"],"mayRevoke":true}""");
        using var station = server.Client(certificate);
        var other = await server.NewDevice("f-1").EnrollAsync(server.Registrar());
        var unknown = (other.SerialNumber[0] == '7' ? '6' : '7') + other.SerialNumber[1..];
        using var admin = server.Credential("admin");
        string[] serials = [unknown, other.SerialNumber, admin.SerialNumber, certificate.SerialNumber];
        var answers = new List<(HttpStatusCode, string)>();
        foreach (var serial in serials)
        {
            foreach (var answer in new[] { await RevokeAsync(station, serial), await station.DeleteAsync(PathOf(serial)) })
                answers.Add((answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Replace(serial, "", StringComparison.Ordinal)));
        }

        Assert.Equal(HttpStatusCode.NotFound, Assert.Single(answers.Distinct()).Item1);
        var devices = new List<(HttpStatusCode, string)>();
        foreach (var id in new[] { "f-1", "f-2" })
        {
            using var answer = await station.PostAsJsonAsync($"/api/v1/devices/{id}/revocation", new { reason = "superseded" });
            devices.Add((answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Replace(id, "", StringComparison.Ordinal)));
        }

        Assert.Equal(HttpStatusCode.NotFound, Assert.Single(devices.Distinct()).Item1);
        Assert.Equal(HttpStatusCode.OK, (await other.Client().GetAsync("/api/v1/self")).StatusCode);
        await AssertSameTimeAsync(station, unknown, other.SerialNumber);
    }

    [Fact]
    public async Task A_registrar_releases_its_own_holds_and_no_others()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"groups":["default"],"mayRevoke":true}""");
        using var station = server.Client(certificate);
        var device = await server.NewDevice("p-1").EnrollAsync(server.Registrar());
        var path = PathOf(device.SerialNumber);

        using (await RevokeAsync(station, device.SerialNumber, "certificateHold")) { }
        await Problem.IsAsync(await device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-on-hold");
        Assert.Equal(HttpStatusCode.OK, (await station.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);

        // An administrator's hold is not the registrar's because it asks for it too, and one over the registrar's stays.
        foreach (var order in new[] { new[] { server.Administrator(), station }, [station, server.Administrator()] })
        {
            foreach (var caller in order) Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(caller, device.SerialNumber, "certificateHold")).StatusCode);
            await Problem.IsAsync(await station.DeleteAsync(path), HttpStatusCode.Forbidden, "not-allowed");
            Assert.Equal(HttpStatusCode.OK, (await server.Administrator().DeleteAsync(path)).StatusCode);
        }

        // The states of devices are administrators'.
        await Problem.IsAsync(await station.PostAsJsonAsync("/api/v1/devices/p-1/suspension", new { }), HttpStatusCode.Forbidden, "not-allowed");
        using (await server.Administrator().PostAsJsonAsync("/api/v1/devices/p-1/suspension", new { })) { }
        using (await RevokeAsync(station, device.SerialNumber, "certificateHold")) { }
        await Problem.IsAsync(await station.DeleteAsync(path), HttpStatusCode.Forbidden, "not-allowed");
    }

    [Fact]
    public async Task A_hold_of_a_registrar_stays_while_the_device_is_suspended_and_is_its_own_again_afterwards()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"groups":["default"],"mayRevoke":true}""");
        using var station = server.Client(certificate);
        var device = await server.NewDevice("p-1").EnrollAsync(server.Registrar());
        var path = PathOf(device.SerialNumber);
        using (await RevokeAsync(station, device.SerialNumber, "certificateHold")) { }
        using (await server.Administrator().PostAsJsonAsync("/api/v1/devices/p-1/suspension", new { })) { }

        foreach (var caller in new[] { station, server.Administrator() })
            await Problem.IsAsync(await caller.DeleteAsync(path), HttpStatusCode.Forbidden, "device-suspended");

        using (await server.Administrator().DeleteAsync("/api/v1/devices/p-1/suspension")) { }
        await Problem.IsAsync(await device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-on-hold");
        Assert.Equal(HttpStatusCode.OK, (await station.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);
    }

    [Fact]
    public async Task TM_12_a_registrar_revokes_as_many_a_day_as_it_may_and_no_more()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(DateTime.UtcNow.Date.AddHours(12), TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"dailyLimit":2,"mayRevoke":true}""");
        using var station = server.Client(certificate);
        var serials = new List<string>();
        for (var i = 0; i < 4; i++) serials.Add((await server.NewDevice($"p-{i}").EnrollAsync(server.Registrar())).SerialNumber);

        // The same again changes nothing, and counts nothing.
        foreach (var serial in new[] { serials[0], serials[0] })
            Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(station, serial)).StatusCode);
        using (var device = await station.PostAsJsonAsync("/api/v1/devices/p-1/revocation", new { reason = "superseded" }))
            Assert.Equal(HttpStatusCode.OK, device.StatusCode);
        var refused = await RevokeAsync(station, serials[2]);
        Assert.Equal(TimeSpan.FromHours(12), refused.Headers.RetryAfter!.Delta);
        await Problem.IsAsync(refused, HttpStatusCode.TooManyRequests, "daily-limit");
        await CredentialCalls.SerialAsync(await station.EnrollAsync("p-next"));

        time.Advance(TimeSpan.FromHours(12));
        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(station, serials[2])).StatusCode);
    }

    private static string PathOf(string serial) => $"/api/v1/certificates/{serial}/revocation";

    private static Task<HttpResponseMessage> RevokeAsync(HttpClient client, string serial, string reason = "superseded") =>
        client.PostAsJsonAsync(PathOf(serial), new { reason });

    // Both take the same reads in one transaction each; the medians of so many say so, within what other tests beside this one disturb.
    private static async Task AssertSameTimeAsync(HttpClient station, string unknown, string others)
    {
        var (first, second) = (new List<double>(), new List<double>());
        for (var i = 0; i < 60; i++)
        {
            first.Add(await MeasureAsync(unknown));
            second.Add(await MeasureAsync(others));
        }

        var (a, b) = (first.Order().ElementAt(30), second.Order().ElementAt(30));
        Assert.InRange(a / b, 0.4, 2.5);

        async Task<double> MeasureAsync(string serial)
        {
            var started = Stopwatch.GetTimestamp();
            using var answer = await RevokeAsync(station, serial);
            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
    }
}
