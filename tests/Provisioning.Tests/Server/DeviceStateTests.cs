using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Provisioning.Tests.Server.Renewals;

namespace Provisioning.Tests.Server;

/// <summary>Devices are suspended, quarantined, revoked and put out of service, over the real server.</summary>
public sealed class DeviceStateTests
{
    private const string Path = "/api/v1/devices/" + RenewalHouse.DeviceId;
    private const string Policy = """{"early":"allowed"}""";

    [Fact]
    public async Task TM_06_A_suspended_device_may_do_nothing_on_open_connections_too_until_it_is_resumed()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var (old, oldSerial) = (house.Device.Client(), house.Device.SerialNumber);
        using (await house.Device.RenewAsync(old)) { }
        var client = house.Device.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/self")).StatusCode);
        for (var i = 0; i < 2; i++) Assert.Equal("suspended", await ChangeAsync(house, "suspension", "Stolen"));

        foreach (var shown in new[] { client, old })
        {
            await Problem.IsAsync(await shown.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "device-suspended");
            await Problem.IsAsync(await house.Device.RenewAsync(shown), HttpStatusCode.Forbidden, "device-suspended");
        }

        // Others learn it from the CRL: the one in use, and the one that it would still take for the overlap.
        Assert.Equal("held", await house.StateAsync(house.Device.SerialNumber));
        Assert.Equal("held", await house.StateAsync(oldSerial));
        await TestServer.UntilAsync(() => house.Server.Crl()?.Entries == 2, TimeSpan.FromMinutes(1));
        using (var enrolled = await house.Server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = RenewalHouse.DeviceId, group = "pumps", csr = Csr(house) }))
        {
            await Problem.IsAsync(enrolled, HttpStatusCode.Forbidden, "device-suspended");
        }

        for (var i = 0; i < 2; i++) Assert.Equal("active", await UndoAsync(house, "suspension"));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal("current", await house.StateAsync(house.Device.SerialNumber));
        Assert.Equal("superseded", await house.StateAsync(oldSerial));
        await TestServer.UntilAsync(() => house.Server.Crl()?.Entries == 0, TimeSpan.FromMinutes(1));
        var history = await house.HistoryAsync();
        Assert.Single(history, action => action == "device-suspended");
        Assert.Single(history, action => action == "device-resumed");
    }

    [Fact]
    public async Task A_hold_that_was_there_before_the_suspension_is_there_after_it()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        using (var held = await house.Server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{house.Device.SerialNumber}/revocation", new { reason = "certificateHold" }))
        {
            Assert.True(held.IsSuccessStatusCode);
        }

        await ChangeAsync(house, "suspension");
        await UndoAsync(house, "suspension");
        Assert.Equal("held", await house.StateAsync(house.Device.SerialNumber));
        await Problem.IsAsync(await house.Device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-on-hold");
    }

    [Fact]
    public async Task While_a_device_is_suspended_its_holds_are_not_released_and_one_of_its_own_stays()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var path = $"/api/v1/certificates/{house.Device.SerialNumber}/revocation";
        await ChangeAsync(house, "suspension");
        await Problem.IsAsync(await house.Server.Administrator().DeleteAsync(path), HttpStatusCode.Forbidden, "device-suspended");
        using (var held = await house.Server.Administrator().PostAsJsonAsync(path, new { reason = "certificateHold" }))
            Assert.True(held.IsSuccessStatusCode);
        Assert.Equal("active", await UndoAsync(house, "suspension"));
        Assert.Equal("held", await house.StateAsync(house.Device.SerialNumber));
        using var released = await house.Server.Administrator().DeleteAsync(path);
        Assert.True(released.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_decommissioned_device_stays_out_for_ever_and_its_certificates_are_revoked()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var client = house.Device.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/self")).StatusCode);
        for (var i = 0; i < 2; i++) Assert.Equal("decommissioned", await ChangeAsync(house, "decommission", "Scrapped"));
        await Problem.IsAsync(await client.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "device-decommissioned");
        var certificate = await house.ReadAsync($"/api/v1/certificates/{house.Device.SerialNumber}");
        Assert.Equal(("revoked", "cessationOfOperation"), (
            certificate.GetProperty("state").GetString(), certificate.GetProperty("revocationReason").GetString()));
        foreach (var change in new[] { "suspension", "quarantine" })
        {
            using var refused = await house.Server.Administrator().PostAsJsonAsync($"{Path}/{change}", new { });
            await Problem.IsAsync(refused, HttpStatusCode.Forbidden, "device-decommissioned");
        }
    }

    [Fact]
    public async Task All_certificates_of_a_device_are_revoked_at_once_and_it_may_be_enrolled_anew()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var (old, oldSerial) = (house.Device.Client(), house.Device.SerialNumber);
        using (await house.Device.RenewAsync(old)) { }
        using (var hold = await house.Server.Administrator().PostAsJsonAsync($"{Path}/revocation", new { reason = "certificateHold" }))
            await Problem.IsAsync(hold, HttpStatusCode.UnprocessableEntity, "bad-reason");
        for (var i = 0; i < 2; i++)
        {
            using var revoked = await house.Server.Administrator().PostAsJsonAsync($"{Path}/revocation", new { reason = "affiliationChanged" });
            Assert.Equal("active", (await revoked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }

        foreach (var serial in new[] { oldSerial, house.Device.SerialNumber }) Assert.Equal("revoked", await house.StateAsync(serial));
        await Problem.IsAsync(await old.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");
        using var anew = await house.Server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = RenewalHouse.DeviceId, group = "pumps", csr = Csr(house) });
        Assert.Equal(HttpStatusCode.Created, anew.StatusCode);
    }

    [Fact]
    public async Task A_quarantined_device_is_released_when_it_is_no_clone()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        using (var early = await house.Server.Administrator().DeleteAsync($"{Path}/suspension"))
            Assert.Equal(HttpStatusCode.OK, early.StatusCode);
        Assert.Equal("quarantined", await ChangeAsync(house, "quarantine", "Two of them seen"));
        using (var wrong = await house.Server.Administrator().DeleteAsync($"{Path}/suspension"))
            await Problem.IsAsync(wrong, HttpStatusCode.Conflict, "bad-device-state");
        await Problem.IsAsync(await house.Device.RenewAsync(house.Device.Client()), HttpStatusCode.Forbidden, "device-quarantined");

        // Suspended and resumed, it is still under suspicion.
        await ChangeAsync(house, "suspension");
        Assert.Equal("quarantined", await UndoAsync(house, "suspension"));
        Assert.Equal("active", await UndoAsync(house, "quarantine"));
        using var renewed = await house.Device.RenewAsync(house.Device.Client());
        Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
    }

    [Theory]
    [InlineData("keyCompromise", null)]
    [InlineData("cessationOfOperation", null)]
    [InlineData("certificateHold", "bad-reason")]
    [InlineData("banana", "bad-reason")]
    public async Task A_device_revokes_the_certificate_that_it_shows_and_no_other(string reason, string? refusal)
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var client = house.Device.Client();
        using (var other = await client.PostAsJsonAsync($"/api/v1/certificates/{house.Device.SerialNumber}/revocation", new { reason }))
            await Problem.IsAsync(other, HttpStatusCode.Forbidden, "not-allowed");
        using var revoked = await client.PostAsJsonAsync("/api/v1/self/revocation", new { reason });
        if (refusal is not null)
        {
            await Problem.IsAsync(revoked, HttpStatusCode.UnprocessableEntity, refusal);
            return;
        }

        Assert.Equal(reason, (await revoked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("revocationReason").GetString());
        await Problem.IsAsync(await client.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Theory]
    [InlineData("/api/v1/devices/nobody/suspension", 404, "not-found")]
    [InlineData("/api/v1/devices/%20/suspension", 400, "bad-device-id")]
    [InlineData(Path + "/decommission", 400, "malformed")]
    public async Task What_cannot_be_done_to_a_device_is_told(string path, int status, string code)
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        using var answer = await house.Server.Administrator().PostAsJsonAsync(path, new { reason = code == "malformed" ? "a\nb" : "x" });
        await Problem.OfAsync(answer, status, code);
    }

    private static string Csr(RenewalHouse house) => Convert.ToBase64String(new TestDevice(house.Server, RenewalHouse.DeviceId).Request());

    private static async Task<string?> ChangeAsync(RenewalHouse house, string change, string? reason = null)
    {
        using var answer = await house.Server.Administrator().PostAsJsonAsync($"{Path}/{change}", new { reason });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString();
    }

    private static async Task<string?> UndoAsync(RenewalHouse house, string change)
    {
        using var answer = await house.Server.Administrator().DeleteAsync($"{Path}/{change}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString();
    }
}
