using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Provisioning.Tests.Server.Renewals;

/// <summary>What an expired certificate may still do.</summary>
public sealed class GraceTests
{
    private const string Brief = ""","profile":"brief" """;

    private static readonly TimeSpan Life = TimeSpan.FromDays(10);

    [Fact]
    public async Task An_expired_certificate_renews_within_the_grace_and_does_nothing_else()
    {
        await using var house = await RenewalHouse.StartAsync("""{"grace":"P30D"}""", Brief);
        var old = house.Device.Client();
        house.Pass(Life + TimeSpan.FromDays(20));
        foreach (var path in new[] { "/api/v1/self", "/api/v1/devices" })
            await Problem.IsAsync(await old.GetAsync(path), HttpStatusCode.Forbidden, "not-allowed");

        // Without the time it may not know the server for what it is, and so not renew.
        var self = await old.GetFromJsonAsync<JsonElement>("/api/v1/self?nonce=q83vEjRWeJCrze8SNFZ4kA");
        Assert.Equal(3, self.GetProperty("signedTime").GetString()!.Split('.').Length);

        using (var renewed = await house.Device.RenewAsync(old)) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        await Problem.IsAsync(await house.Device.RenewAsync(old), HttpStatusCode.Unauthorized, "certificate-expired");
    }

    [Theory]
    [InlineData("""{"grace":"P30D"}""", 31)]
    [InlineData("{}", 1)]
    public async Task After_the_grace_or_without_one_an_expired_certificate_does_nothing(string renewal, int days)
    {
        await using var house = await RenewalHouse.StartAsync(renewal, Brief);
        var old = house.Device.Client();
        house.Pass(Life + TimeSpan.FromDays(days));
        await Problem.IsAsync(await house.Device.RenewAsync(old), HttpStatusCode.Unauthorized, "certificate-expired");
    }

    [Fact]
    public async Task An_expired_certificate_that_was_revoked_does_not_renew()
    {
        await using var house = await RenewalHouse.StartAsync("""{"grace":"P30D"}""", Brief);
        var old = house.Device.Client();
        house.Pass(Life + TimeSpan.FromDays(1));
        using (var revoked = await house.Server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{house.Device.SerialNumber}/revocation", new { reason = "unspecified" }))
        {
            Assert.True(revoked.IsSuccessStatusCode);
        }

        await Problem.IsAsync(await house.Device.RenewAsync(old), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Theory]
    [InlineData("keyCompromise")]
    [InlineData("unspecified")]
    public async Task A_device_that_was_revoked_in_its_grace_does_not_renew(string reason)
    {
        await using var house = await RenewalHouse.StartAsync("""{"grace":"P30D"}""", Brief);
        var old = house.Device.Client();
        house.Pass(Life + TimeSpan.FromDays(1));
        using (var revoked = await house.Server.Administrator().PostAsJsonAsync(
            $"/api/v1/devices/{RenewalHouse.DeviceId}/revocation", new { reason }))
        {
            Assert.True(revoked.IsSuccessStatusCode);
        }

        await Problem.IsAsync(await house.Device.RenewAsync(old), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task Where_the_group_says_so_a_renewal_in_the_grace_waits_for_an_administrator()
    {
        await using var house = await RenewalHouse.StartAsync("""{"grace":"P30D","graceApproval":"manual"}""", Brief);
        var old = house.Device.Client();
        house.Pass(Life + TimeSpan.FromDays(20));
        var request = house.Device.Request();
        using var waits = await PostAsync();
        Assert.Equal(HttpStatusCode.Accepted, waits.StatusCode);
        var pending = await waits.Content.ReadFromJsonAsync<JsonElement>();
        using (var decided = await house.Server.Administrator().PostAsJsonAsync(
            "/api/v1/approvals/decisions", new { ids = new[] { pending.GetProperty("requestId").GetString() }, approve = true }))
        {
            Assert.True(decided.IsSuccessStatusCode);
        }

        using var collected = await old.GetAsync(pending.GetProperty("statusAddress").GetString());
        Assert.Equal(HttpStatusCode.Created, collected.StatusCode);
        using var again = await PostAsync();
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(collected.Headers.Location, again.Headers.Location);

        async Task<HttpResponseMessage> PostAsync()
        {
            using var content = new ByteArrayContent(request) { Headers = { ContentType = new("application/pkcs10") } };
            return await old.PostAsync("/api/v1/renewals", content);
        }
    }
}
