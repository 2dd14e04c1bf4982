using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Certificates;
using Provisioning.Core.Expiry;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Swagger;

namespace Provisioning.Tests.Server.Renewals;

/// <summary>A whole group renews out of turn.</summary>
public sealed class CampaignTests
{
    private const string Campaigns = "/api/v1/groups/pumps/campaigns";

    [Fact]
    public async Task A_campaign_moves_the_windows_shows_its_progress_and_lists_the_stragglers()
    {
        await using var house = await RenewalHouse.StartAsync("{}");
        var late = await EnrollAsync(house, "pump-2");
        var other = await house.Server.NewDevice("fan-1").EnrollAsync(house.Server.Registrar());
        var client = house.Device.Client();
        var usual = await WindowAsync(client);
        await Problem.IsAsync(await house.Device.RenewAsync(client), HttpStatusCode.Conflict, "renewal-too-early");

        house.Pass(TimeSpan.FromMinutes(1));
        var campaign = await StartAsync(house, """{"reason":"New profile","duration":"PT6H"}""");
        var starts = house.Time.GetUtcNow();
        Assert.Equal((2, 2, 0, "running"), Counts(campaign));
        var moved = await WindowAsync(client);
        Assert.InRange(moved.After, starts, starts.AddHours(4.5));
        Assert.Equal(starts.AddHours(6), moved.Before);
        Assert.Equal((await WindowAsync(other.Client())).After, usual.After, TimeSpan.FromDays(60));

        house.Pass(moved.After - house.Time.GetUtcNow());
        using (var renewed = await house.Device.RenewAsync(client)) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        var path = $"{Campaigns}/{campaign.GetProperty("id").GetString()}";
        Assert.Equal((2, 2, 1, "running"), Counts(await house.ReadAsync(path)));

        // Renewed once, it is left alone.
        Assert.True((await WindowAsync(house.Device.Client())).After > starts.AddDays(100));
        Assert.Equal((2, 1, 0, "running"), Counts(await house.ReadAsync(path)));
        house.Pass(TimeSpan.FromHours(6));
        Assert.Equal("over", (await house.ReadAsync(path)).GetProperty("state").GetString());
        var straggler = Assert.Single((await house.ReadAsync(path + "/stragglers")).GetProperty("items").EnumerateArray());
        Assert.Equal(("pump-2", late.SerialNumber, false), (straggler.GetProperty("deviceId").GetString(),
            straggler.GetProperty("serialNumber").GetString(), straggler.GetProperty("isRenewed").GetBoolean()));
        Assert.True(straggler.GetProperty("renewAfter").GetDateTimeOffset() < house.Time.GetUtcNow());
        using var latest = await late.RenewAsync(late.Client());
        Assert.Equal(HttpStatusCode.Created, latest.StatusCode);
    }

    [Fact]
    public async Task Whoever_a_campaign_waited_for_in_vain_is_late_long_before_its_certificate_ends()
    {
        await using var house = await RenewalHouse.StartAsync("{}");
        var watch = house.Server.Services.GetRequiredService<ExpiryWatch>();
        house.Pass(TimeSpan.FromMinutes(1));
        await StartAsync(house, """{"reason":"New authority","duration":"PT6H"}""");
        await watch.LookAsync(default);
        Assert.DoesNotContain("renewal-late", await house.HistoryAsync());
        house.Pass(TimeSpan.FromHours(6));
        await watch.LookAsync(default);
        Assert.Single(await house.HistoryAsync(), "renewal-late");
    }

    [Fact]
    public async Task A_campaign_leads_nobody_beyond_the_end_of_its_certificate()
    {
        await using var house = await RenewalHouse.StartAsync("{}", ""","profile":"brief" """);
        var client = house.Device.Client();
        var usual = await WindowAsync(client);
        house.Pass(TimeSpan.FromMinutes(1));
        await StartAsync(house, """{"reason":"New profile","duration":"P20D"}""");
        Assert.Equal(usual.Before, (await WindowAsync(client)).Before);
    }

    [Fact]
    public async Task Who_has_a_long_certificate_of_a_profile_that_is_shorter_now_is_late_all_the_same()
    {
        await using var house = await RenewalHouse.StartAsync("{}");
        var watch = house.Server.Services.GetRequiredService<ExpiryWatch>();
        var window = await WindowAsync(house.Device.Client());
        foreach (var profile in house.Server.Instance.Profiles.All.Where(profile => profile.Lifetime > TimeSpan.FromDays(30)))
        {
            var shorter = TestProfiles.Definition() with { Name = profile.Name, Lifetime = "P2D" };
            using var changed = await house.Server.Administrator().ReplaceAsync($"/api/v1/profiles/{profile.Name}", ProfileReader.Write(shorter), "*");
            Assert.True(changed.IsSuccessStatusCode || profile.Name != "device", await changed.Content.ReadAsStringAsync());
        }

        house.Pass(window.Before - house.Time.GetUtcNow());
        await watch.LookAsync(default);

        // By now the certificate of the server may be too old for a client.
        var events = await house.Server.Instance.Database.Feed.ReadEventsAsync(0, 100, default);
        Assert.Contains(events, told => told is { Kind: FeedEventKind.RenewalLate, Holder: RenewalHouse.DeviceId });
    }

    [Fact]
    public async Task A_stopped_campaign_leaves_the_windows_as_they_were()
    {
        await using var house = await RenewalHouse.StartAsync("{}");
        var client = house.Device.Client();
        var usual = await WindowAsync(client);
        house.Pass(TimeSpan.FromMinutes(1));
        var campaign = await StartAsync(house, """{"reason":"By mistake","duration":"PT6H"}""");
        Assert.NotEqual(usual, await WindowAsync(client));
        using (var second = await PostAsync(house, """{"reason":"Again","duration":"PT6H"}"""))
            await Problem.IsAsync(second, HttpStatusCode.Conflict, "campaign-running");

        var path = $"{Campaigns}/{campaign.GetProperty("id").GetString()}";
        for (var i = 0; i < 2; i++)
        {
            using var stopped = await house.Server.Administrator().DeleteAsync(path);
            Assert.Equal("stopped", (await stopped.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }

        Assert.Equal(usual, await WindowAsync(client));

        // What was answered while it ran is answered again.
        using (var early = await house.Device.RenewAsync(client)) await Problem.IsAsync(early, HttpStatusCode.Conflict, "renewal-too-early");
        house.Pass(TimeSpan.FromMinutes(1));
        var next = await StartAsync(house, """{"reason":"Again","duration":"PT6H"}""");
        var listed = (await house.ReadAsync(Campaigns)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString());
        Assert.Equal([next.GetProperty("id").GetString(), campaign.GetProperty("id").GetString()], listed);
        using var elsewhere = await house.Server.Administrator().GetAsync(path.Replace("pumps", "default", StringComparison.Ordinal));
        await Problem.IsAsync(elsewhere, HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_campaign_is_known_after_a_restart_and_makes_room_when_it_is_over()
    {
        var directory = Directory.CreateTempSubdirectory("provisioning-test-").FullName;
        try
        {
            await using (var first = await TestServer.StartAsync(directory: directory))
            {
                using var started = await first.Administrator().PostAsJsonAsync(
                    "/api/v1/groups/default/campaigns", new { reason = "New authority", duration = "PT6H" });
                Assert.Equal(HttpStatusCode.Created, started.StatusCode);
            }

            await using var second = await TestServer.StartAsync(directory: directory);
            using var again = await second.Administrator().PostAsJsonAsync(
                "/api/v1/groups/default/campaigns", new { reason = "New authority", duration = "PT6H" });
            await Problem.IsAsync(again, HttpStatusCode.Conflict, "campaign-running");
            Assert.NotNull(second.Instance.Campaigns.Find("default"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("""{"reason":"","duration":"PT6H"}""", "/reason")]
    [InlineData("""{"reason":"a\u2028b","duration":"PT6H"}""", "/reason")]
    [InlineData("""{"reason":"x","duration":"six hours"}""", "/duration")]
    [InlineData("""{"reason":"x","duration":"PT59S"}""", "/duration")]
    [InlineData("""{"reason":"x","duration":"P367D"}""", "/duration")]
    [InlineData("""{"reason":"x","duration":"PT6H","startsAt":"2001-01-01T00:00:00Z"}""", "/startsAt")]
    [InlineData("""{"reason":"x","duration":"PT6H","startsAt":"9999-12-31T23:59:59Z"}""", "/startsAt")]
    [InlineData("""{"reason":"x","duration":"PT6H","startsAt":"tomorrow"}""", "/startsAt")]
    public async Task A_campaign_that_makes_no_sense_is_refused_with_its_field(string body, string field)
    {
        await using var house = await RenewalHouse.StartAsync("{}");
        var problem = await Problem.OfAsync(await PostAsync(house, body), 422, "bad-campaign");
        Assert.Equal(field, problem.GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task The_examples_of_campaigns_have_the_fields_that_answers_have()
    {
        await using var house = await RenewalHouse.StartAsync("{}");
        house.Pass(TimeSpan.FromMinutes(1));
        var campaign = await StartAsync(house, """{"reason":"New profile","duration":"PT6H"}""");
        var path = $"{Campaigns}/{campaign.GetProperty("id").GetString()}";
        SwaggerExample.IsLike("Campaign", campaign);
        SwaggerExample.IsLike("Campaign", await house.ReadAsync(path));
        SwaggerExample.IsLike("CampaignPage", await house.ReadAsync(Campaigns));
        SwaggerExample.IsLike("StragglerPage", await house.ReadAsync(path + "/stragglers"));
    }

    private static (long All, long Remaining, long Unconfirmed, string? State) Counts(JsonElement campaign) => (
        campaign.GetProperty("certificates").GetInt64(), campaign.GetProperty("remaining").GetInt64(),
        campaign.GetProperty("unconfirmed").GetInt64(), campaign.GetProperty("state").GetString());

    private static async Task<TestDevice> EnrollAsync(RenewalHouse house, string id)
    {
        var device = house.Server.NewDevice(id);
        using var enrolled = await house.Server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = id, group = "pumps", csr = Convert.ToBase64String(device.Request()) });
        await device.TakeAsync(enrolled);
        return device;
    }

    private static async Task<(DateTimeOffset After, DateTimeOffset Before)> WindowAsync(HttpClient device)
    {
        var self = await device.GetFromJsonAsync<JsonElement>("/api/v1/self");
        return (self.GetProperty("renewAfter").GetDateTimeOffset(), self.GetProperty("renewBefore").GetDateTimeOffset());
    }

    private static Task<HttpResponseMessage> PostAsync(RenewalHouse house, string body) =>
        house.Server.Administrator().PostAsync(Campaigns, new StringContent(body, null, "application/json"));

    private static async Task<JsonElement> StartAsync(RenewalHouse house, string body)
    {
        using var answer = await PostAsync(house, body);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var campaign = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"{Campaigns}/{campaign.GetProperty("id").GetString()}", answer.Headers.Location!.ToString());
        return campaign;
    }
}
