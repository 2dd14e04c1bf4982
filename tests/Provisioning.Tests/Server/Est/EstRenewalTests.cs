using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Provisioning.Tests.Server.Credentials;
using Provisioning.Tests.Server.Renewals;

namespace Provisioning.Tests.Server.Est;

/// <summary>Renewal over EST: who may, when, and to which key (rows E-07 to E-09 and E-19).</summary>
public sealed class EstRenewalTests
{
    private const string Early = """{"early":"allowed","overlap":"PT2H"}""";
    private const string Brief = ""","profile":"brief" """;

    [Fact]
    public async Task A_device_renews_on_the_default_path_and_on_that_of_its_group()
    {
        await using var house = await RenewalHouse.StartAsync(Early);
        foreach (var group in (string?[])[null, "pumps"])
        {
            var before = house.Device.SerialNumber;
            using (var renewed = await house.Device.EstRenewAsync(house.Device.Client(), group)) Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
            Assert.NotEqual(before, house.Device.SerialNumber);
            Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
            Assert.Equal("superseded", await house.StateAsync(before));
        }
    }

    [Fact]
    public async Task Who_enrolls_gets_the_groups_first_slot_and_who_renews_keeps_that_of_its_certificate()
    {
        await using var server = await TestServer.StartAsync();
        await server.DefineGroupAsync("pumps", new { slots = new[] { new { name = "main" }, new { name = "update" } }, renewal = new { early = "allowed" } });
        var (first, second) = (await server.NewDevice("pump-1").EstEnrollAsync(server.Registrar(), "pumps"), server.NewDevice("pump-1"));
        using (var other = await server.Registrar().EnrollAsync("pump-1", second.Key, new { group = "pumps", slot = "update" }))
            await second.TakeAsync(other);

        foreach (var (device, slot) in new[] { (first, "main"), (second, "update") })
        {
            Assert.Equal(slot, await SlotAsync(server, device));
            using var renewed = await device.EstRenewAsync(device.Client());
            Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
            Assert.Equal(slot, await SlotAsync(server, device));
        }
    }

    private static async Task<string?> SlotAsync(TestServer server, TestDevice device) =>
        (await server.GetAsync("/api/v1/certificates/" + device.SerialNumber)).GetProperty("slot").GetString();

    [Fact]
    public async Task A_label_of_another_group_is_a_conflict_and_of_none_not_found()
    {
        await using var house = await RenewalHouse.StartAsync(Early);
        await house.Server.OpenGroupAsync("fans");

        await EstRefusal.IsAsync(await house.Device.EstRenewAsync(house.Device.Client(), "fans"), HttpStatusCode.Conflict, "group-mismatch");
        await EstRefusal.IsAsync(await house.Device.EstRenewAsync(house.Device.Client(), "default"), HttpStatusCode.Conflict, "group-mismatch");
        await EstRefusal.IsAsync(await house.Device.EstRenewAsync(house.Device.Client(), "nobody"), HttpStatusCode.NotFound, "unknown-group");
    }

    [Theory]
    [InlineData("revoked", "certificate-revoked")]
    [InlineData("held", "certificate-on-hold")]
    [InlineData("suspended", "device-suspended")]
    [InlineData("decommissioned", "device-decommissioned")]
    [InlineData("superseded", "certificate-superseded")]
    [InlineData("expired", "certificate-expired")]
    public async Task E_07_a_certificate_that_is_not_good_any_more_does_not_renew(string state, string code)
    {
        await using var house = await RenewalHouse.StartAsync(Early, Brief);
        var client = house.Device.Client();
        using (var first = await client.GetAsync("/api/v1/self")) Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await SpoilAsync(house, state);

        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Reenroll, house.Device.Request()), HttpStatusCode.Forbidden, code);
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, house.Device.Request()), HttpStatusCode.Forbidden, code);
    }

    [Fact]
    public async Task E_08_a_claim_certificate_does_not_renew()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync();
        await server.CreateBatchAsync("week-4", "pumps", "pump-1");
        using var certificate = await server.IssueClaimAsync("week-4");
        using var client = server.Client(certificate);
        var request = server.NewDevice("pump-1").Request();

        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Reenroll, request), HttpStatusCode.Forbidden, "not-allowed");
        await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, request));
    }

    [Theory]
    [InlineData("required", false, "new-key-required")]
    [InlineData("forbidden", true, "new-key-not-allowed")]
    public async Task E_09_the_group_says_whether_a_renewal_brings_a_new_key(string rekey, bool newKey, string code)
    {
        await using var house = await RenewalHouse.StartAsync($$"""{"early":"allowed","rekey":"{{rekey}}"}""");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var client = house.Device.Client();

        await EstRefusal.IsAsync(
            await client.EstAsync(EstCalls.Reenroll, house.Device.Request(newKey ? other : null)), HttpStatusCode.BadRequest, code);
        await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Reenroll, house.Device.Request(newKey ? null : other)));
    }

    [Fact]
    public async Task A_renewal_before_the_window_is_told_when_to_come_back_and_an_answered_one_is_answered_again()
    {
        await using var house = await RenewalHouse.StartAsync("{}", Brief);
        var client = house.Device.Client();
        var after = JsonDocument.Parse(await client.GetStringAsync("/api/v1/self")).RootElement.GetProperty("renewAfter").GetDateTimeOffset();

        var early = await house.Device.EstRenewAsync(client);
        Assert.Equal(after - house.Time.GetUtcNow(), early.Headers.RetryAfter!.Delta);
        await EstRefusal.IsAsync(early, HttpStatusCode.Conflict, "renewal-too-early");

        house.Pass(after - house.Time.GetUtcNow());
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = house.Device.Request(next);
        var serial = await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Reenroll, request));
        Assert.Equal(serial, await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Reenroll, request)));
        Assert.Equal(serial, await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Reenroll, house.Device.Request(next))));
    }

    [Fact]
    public async Task A_device_whose_power_fails_after_the_request_still_has_a_certificate_that_works()
    {
        await using var house = await RenewalHouse.StartAsync(Early);
        var (old, oldSerial) = (house.Device.Client(), house.Device.SerialNumber);
        using (var lost = await house.Device.EstRenewAsync(old)) Assert.Equal(HttpStatusCode.OK, lost.StatusCode);

        house.Pass(TimeSpan.FromHours(20));
        Assert.Equal("current", await house.StateAsync(oldSerial));
        using (var again = await house.Device.EstRenewAsync(old)) Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal("superseded", await house.StateAsync(oldSerial));
    }

    [Fact]
    public async Task An_expired_certificate_renews_within_the_grace_of_its_group()
    {
        await using var house = await RenewalHouse.StartAsync("""{"grace":"P30D"}""", Brief);
        var old = house.Device.Client();
        house.Pass(TimeSpan.FromDays(20));

        await EstRefusal.IsAsync(await old.EstAsync(EstCalls.Enroll, house.Device.Request()), HttpStatusCode.Forbidden, "not-allowed");
        using var renewed = await house.Device.EstRenewAsync(old);
        Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
    }

    [Fact]
    public async Task Where_the_group_says_so_a_renewal_in_the_grace_waits_for_an_administrator()
    {
        await using var house = await RenewalHouse.StartAsync("""{"grace":"P30D","graceApproval":"manual"}""", Brief);
        var old = house.Device.Client();
        house.Pass(TimeSpan.FromDays(20));
        var request = house.Device.Request();
        await EstRefusal.IsAsync(await old.EstAsync(EstCalls.Reenroll, request), HttpStatusCode.Accepted, "approval-pending");

        await EstApprovalTests.DecideAsync(house.Server, approve: true);

        var serial = await EstCalls.SerialAsync(await old.EstAsync(EstCalls.Reenroll, request));
        Assert.Equal(serial, await EstCalls.SerialAsync(await old.EstAsync(EstCalls.Reenroll, request)));
    }

    [Fact]
    public async Task E_19_a_line_that_is_revoked_enrolls_nobody_more_on_the_same_connection()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        using var line = server.Client(certificate);
        for (var i = 0; i < 100; i++)
        {
            if (i == 50)
            {
                using var revoked = await server.Administrator().PostAsJsonAsync(
                    $"/api/v1/certificates/{certificate.SerialNumber}/revocation", new { reason = "keyCompromise" });
                Assert.True(revoked.IsSuccessStatusCode, await revoked.Content.ReadAsStringAsync());
            }

            var answer = await line.EstAsync(EstCalls.Enroll, server.NewDevice($"pump-{i}").Request());
            if (i < 50) await EstCalls.SerialAsync(answer);
            else await EstRefusal.IsAsync(answer, HttpStatusCode.Forbidden, "certificate-revoked");
        }
    }

    private static async Task SpoilAsync(RenewalHouse house, string state)
    {
        var (admin, serial, device) = (house.Server.Administrator(), house.Device.SerialNumber, "/api/v1/devices/" + RenewalHouse.DeviceId);
        var (path, body) = state switch
        {
            "revoked" => ($"/api/v1/certificates/{serial}/revocation", new { reason = "keyCompromise" }),
            "held" => ($"/api/v1/certificates/{serial}/revocation", new { reason = "certificateHold" }),
            "suspended" => (device + "/suspension", new { reason = "Stolen" }),
            "decommissioned" => (device + "/decommission", new { reason = "Scrapped" }),
            _ => ("", null),
        };
        if (path.Length > 0)
        {
            using var answer = await admin.PostAsJsonAsync(path, body);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return;
        }

        if (state == "superseded")
        {
            using (await house.Device.EstRenewAsync(house.Device.Client())) { }
            using (await house.Device.Client().GetAsync("/api/v1/self")) { }
        }

        house.Pass(state == "superseded" ? TimeSpan.FromHours(3) : TimeSpan.FromDays(11));
    }
}
