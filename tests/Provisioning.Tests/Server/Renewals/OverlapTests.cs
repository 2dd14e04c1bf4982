using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Provisioning.Tests.Server.Renewals;

/// <summary>How long a certificate works beside its successor, and what happens after that.</summary>
public sealed class OverlapTests
{
    private const string Policy = """{"early":"allowed","overlap":"PT2H","confirmWithin":"P10D"}""";

    [Fact]
    public async Task The_old_certificate_works_for_the_overlap_after_the_new_one_was_seen()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var (old, oldSerial) = (house.Device.Client(), house.Device.SerialNumber);
        using (await house.Device.RenewAsync(old)) { }

        // As long as the new one was not seen, the old one works without end.
        house.Pass(TimeSpan.FromHours(20));
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal("superseded", await house.StateAsync(oldSerial));

        house.Pass(TimeSpan.FromHours(1.9));
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal(JsonValueKind.Null, (await house.ReadDeviceAsync()).GetProperty("cloneSuspectedAt").ValueKind);

        house.Pass(TimeSpan.FromHours(0.2));
        await Problem.IsAsync(await old.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-superseded");
        await Problem.IsAsync(await house.Device.RenewAsync(old), HttpStatusCode.Forbidden, "certificate-superseded");
        Assert.Equal("superseded", await house.StateAsync(oldSerial));
    }

    [Fact]
    public async Task Without_an_overlap_what_was_on_its_way_is_refused_and_is_no_alarm()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed","overlap":"PT0S"}""", ""","onClone":"quarantine" """);
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        house.Pass(TimeSpan.FromSeconds(59));
        await Problem.IsAsync(await old.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-superseded");
        Assert.Equal("active", (await house.ReadDeviceAsync()).GetProperty("state").GetString());
        house.Pass(TimeSpan.FromSeconds(1));
        await Problem.IsAsync(await old.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-superseded");
        Assert.Equal("quarantined", (await house.ReadDeviceAsync()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task What_was_displaced_or_given_up_comes_back_when_its_device_has_stored_it_all_the_same()
    {
        await using var house = await RenewalHouse.StartAsync(Policy, ""","onClone":"quarantine" """);
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        var (stored, storedSerial) = (house.Device.Client(), house.Device.SerialNumber);

        // Power failed; the firmware began anew with another key, and lost that one.
        using (await house.Device.RenewAsync(old)) { }
        Assert.Equal("superseded", await house.StateAsync(storedSerial));
        Assert.Equal(HttpStatusCode.OK, (await stored.GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal("current", await house.StateAsync(storedSerial));
        Assert.Equal("active", (await house.ReadDeviceAsync()).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal("superseded", await house.StateAsync(storedSerial));
    }

    [Fact]
    public async Task What_has_come_back_may_at_once_what_a_certificate_in_use_may()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        var displaced = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }

        // The first request with it is the one that says that the last one is stored too.
        using var confirmed = await displaced.PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = house.Device.SerialNumber });
        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        Assert.Equal("current", await house.StateAsync(house.Device.SerialNumber));
    }

    [Fact]
    public async Task What_was_displaced_is_old_once_a_later_one_is_in_use()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        var displaced = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        house.Pass(TimeSpan.FromHours(3));
        await Problem.IsAsync(await displaced.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-superseded");
        Assert.NotEqual(JsonValueKind.Null, (await house.ReadDeviceAsync()).GetProperty("cloneSuspectedAt").ValueKind);
    }

    [Fact]
    public async Task A_superseded_certificate_confirms_nothing()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        var current = house.Device.Client();
        Assert.Equal(HttpStatusCode.OK, (await current.GetAsync("/api/v1/self")).StatusCode);
        using (await house.Device.RenewAsync(current)) { }
        using var refused = await old.PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = house.Device.SerialNumber });
        await Problem.IsAsync(refused, HttpStatusCode.Forbidden, "certificate-superseded");
        Assert.Equal("issued", await house.StateAsync(house.Device.SerialNumber));
    }

    [Theory]
    [InlineData("", "active", false)]
    [InlineData(""","onClone":"quarantine" """, "quarantined", false)]
    [InlineData("", "active", true)]
    public async Task An_old_certificate_after_the_overlap_is_a_clone_alarm(string onClone, string state, bool revokes)
    {
        await using var house = await RenewalHouse.StartAsync(
            $$"""{"early":"allowed","overlap":"PT2H","revokeSuperseded":{{(revokes ? "true" : "false")}}}""", onClone);
        var code = revokes ? "certificate-revoked" : "certificate-superseded";
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        house.Pass(TimeSpan.FromHours(2) + TimeSpan.FromMinutes(1));

        await house.Succession.RevokeSupersededAsync(default);
        for (var i = 0; i < 3; i++) await Problem.IsAsync(await old.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, code);

        var device = await house.ReadDeviceAsync();
        Assert.Equal(state, device.GetProperty("state").GetString());
        Assert.Equal(house.Time.GetUtcNow(), device.GetProperty("cloneSuspectedAt").GetDateTimeOffset());
        Assert.Single(await house.HistoryAsync(), action => action == "clone-suspected");

        // Whoever goes on is written down again, once an hour.
        house.Pass(TimeSpan.FromHours(1));
        for (var i = 0; i < 3; i++) await Problem.IsAsync(await old.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, code);
        Assert.Equal(2, (await house.HistoryAsync()).Count(action => action == "clone-suspected"));
    }

    [Fact]
    public async Task A_device_confirms_what_it_has_stored_before_it_uses_it()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var (old, oldSerial) = (house.Device.Client(), house.Device.SerialNumber);
        using (await house.Device.RenewAsync(old)) { }
        var next = house.Device.SerialNumber;

        for (var i = 0; i < 2; i++)
        {
            using var confirmed = await old.PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = next });
            Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
            Assert.Equal("current", (await confirmed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }

        Assert.Equal("superseded", await house.StateAsync(oldSerial));
        Assert.Single(await house.HistoryAsync(), action => action == "certificate-confirmed");
    }

    [Fact]
    public async Task Nobody_confirms_the_certificate_of_another_device_or_one_that_is_not_good()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var other = await house.Server.NewDevice("pump-2").EnrollAsync(house.Server.Registrar());
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        var lost = house.Device.SerialNumber;
        foreach (var serial in new[] { other.SerialNumber, "7A326DAD16B23EBCCF50D2D8E8B84AB7" })
        {
            using var refused = await old.PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = serial });
            await Problem.IsAsync(refused, HttpStatusCode.NotFound, "not-found");
        }

        using (var strange = await other.Client().PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = lost }))
            await Problem.IsAsync(strange, HttpStatusCode.NotFound, "not-found");
        using (await house.Device.RenewAsync(old)) { }
        // What was displaced may have been stored all the same.
        using var displaced = await old.PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = lost });
        Assert.Equal(HttpStatusCode.OK, displaced.StatusCode);
        using var noSerial = await old.PostAsJsonAsync("/api/v1/self/confirmation", new { serialNumber = "banana" });
        await Problem.IsAsync(noSerial, HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task After_the_overlap_the_old_certificate_is_revoked_where_the_group_says_so()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed","overlap":"PT2H","revokeSuperseded":true}""");
        var (old, oldSerial) = (house.Device.Client(), house.Device.SerialNumber);
        using (await house.Device.RenewAsync(old)) { }
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        house.Pass(TimeSpan.FromHours(1.9));
        await house.Succession.RevokeSupersededAsync(default);
        Assert.Equal("superseded", await house.StateAsync(oldSerial));

        // The job does it by itself, once a minute.
        house.Pass(TimeSpan.FromHours(0.2));
        await TestServer.UntilAsync(() => house.StateAsync(oldSerial).GetAwaiter().GetResult() == "revoked", TimeSpan.FromMinutes(1));
        var certificate = await house.ReadAsync($"/api/v1/certificates/{oldSerial}");
        Assert.Equal("superseded", certificate.GetProperty("revocationReason").GetString());
        Assert.Equal(HttpStatusCode.OK, (await house.Device.Client().GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal(0, await house.Succession.RevokeSupersededAsync(default));
    }

    [Fact]
    public async Task A_renewal_that_never_reached_its_device_is_given_up_and_one_that_may_have_is_not()
    {
        await using var house = await RenewalHouse.StartAsync(Policy);
        var old = house.Device.Client();
        using (await house.Device.RenewAsync(old)) { }
        var next = house.Device.SerialNumber;

        // Silent for long: it may have stored the new one, and nothing else.
        house.Pass(TimeSpan.FromDays(20));
        Assert.Equal(0, await house.Succession.GiveUpUnconfirmedAsync(default));
        Assert.Equal("issued", await house.StateAsync(next));

        // It shows the old one, and so it has not.
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync("/api/v1/self")).StatusCode);
        await TestServer.UntilAsync(() => house.Succession.GiveUpUnconfirmedAsync(default).GetAwaiter().GetResult() == 1, TimeSpan.FromMinutes(1));
        Assert.Equal("superseded", await house.StateAsync(next));
        Assert.Contains("certificate-not-confirmed", await house.HistoryAsync());
        using var again = await house.Device.RenewAsync(old);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }
}
