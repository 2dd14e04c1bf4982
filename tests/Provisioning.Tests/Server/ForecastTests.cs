using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Authorities;
using Provisioning.Core.Expiry;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Tests.Cli;
using Provisioning.Tests.Server.Renewals;
using Provisioning.Tests.Server.Swagger;

namespace Provisioning.Tests.Server;

/// <summary>What expires when, as the administrator reads it: devices live for ten days, renew from the middle of the sixth, and are late after the eighth.</summary>
public sealed class ForecastTests
{
    private const string Forecast = "/api/v1/devices/forecast";

    [Fact]
    public async Task The_forecast_counts_by_day_and_group_what_is_to_be_expected_of_whom()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""", ""","profile":"brief" """);
        await ShowAsync(house, house.Device.Client());
        var end = Day(house.Time.GetUtcNow().AddDays(10));
        var silent = await EnrollAsync(house, "pump-2", "pumps");
        house.Pass(TimeSpan.FromDays(1));
        await ShowAsync(house, (await EnrollAsync(house, "valve-1", "default")).Client());

        Assert.Equal([(end, "pumps", 2, 1, 0, 0, 1)], await DaysAsync(house, "?days=12&group=pumps"));
        var all = await DaysAsync(house, "?days=400");
        Assert.Equal((end, "pumps", 2, 1, 0, 0, 1), all[0]);
        Assert.Equal(("default", 1), (all[1].Group, all[1].Expected));
        Assert.Empty(await DaysAsync(house, "?days=2"));

        // One of them renews, and does not show it; the other one was never there.
        using (var renewed = await house.Device.RenewAsync(house.Device.Client())) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        Assert.Equal([(end, "pumps", 2, 0, 1, 0, 1)], await DaysAsync(house, "?days=12&group=pumps"));
        var listed = await ListAsync(house, "?days=12&outlook=unlikely");
        Assert.Equal(["pump-2"], listed.Select(one => one.GetProperty("deviceId").GetString()));
        Assert.Equal(silent.SerialNumber, listed[0].GetProperty("serialNumber").GetString());
    }

    [Fact]
    public async Task Who_was_seen_in_its_window_is_late_after_it_and_who_was_not_is_unlikely()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""", ""","profile":"brief" """);
        var device = house.Device.Client();
        await ShowAsync(house, device);
        var other = (await EnrollAsync(house, "pump-2", "pumps")).Client();
        await ShowAsync(house, other);
        var due = (await ListAsync(house, "?days=12")).Max(one => one.GetProperty("renewAfter").GetDateTimeOffset());
        house.Pass(due - house.Time.GetUtcNow() + TimeSpan.FromHours(1));
        await ShowAsync(house, device);
        Assert.Equal(["expected", "expected"], await OutlooksAsync(house, ""));
        Assert.Equal(["expected", "unlikely"], await OutlooksAsync(house, "&silentFor=P2D"));

        house.Pass((await ListAsync(house, "?days=12"))[0].GetProperty("renewBefore").GetDateTimeOffset() - house.Time.GetUtcNow());
        Assert.Equal(["late", "unlikely"], await OutlooksAsync(house, ""));

        // It is said once of each, in its history and in the metrics; the service looks by itself too.
        var watch = house.Server.Services.GetRequiredService<ExpiryWatch>();
        for (var look = 0; look < 2; look++)
        {
            await watch.LookAsync(default);
            Assert.Single(await house.HistoryAsync(), "renewal-late");
        }

        var events = (await house.ReadAsync("/api/v1/revocations?since=0")).GetProperty("items").EnumerateArray()
            .Where(one => one.GetProperty("type").GetString() == "provisioning.renewal.late").Select(one => one.GetProperty("subject").GetString());
        Assert.Equal(["pump-1", "pump-2"], events.Order());
        var metrics = await house.Server.Administrator().GetStringAsync("/metrics");
        Assert.Contains("provisioning_devices_expiring{within_days=\"30\",outlook=\"late\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("provisioning_devices_expiring{within_days=\"7\",outlook=\"unlikely\"} 1", metrics, StringComparison.Ordinal);

        // It comes back after all, and is late no more.
        using (var renewed = await house.Device.RenewAsync(device)) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        await ShowAsync(house, house.Device.Client());
        Assert.Equal(["expected", "unlikely"], (await OutlooksAsync(house, "")).Order());
        Assert.Equal(0, await watch.LookAsync(default));
    }

    [Fact]
    public async Task Who_was_given_the_next_certificate_and_never_shows_it_is_late_half_way_to_the_end()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""", ""","profile":"brief" """);
        var watch = house.Server.Services.GetRequiredService<ExpiryWatch>();
        var before = (await ListAsync(house, "?days=12"))[0].GetProperty("renewBefore").GetDateTimeOffset();
        using (var renewed = await house.Device.RenewAsync(house.Device.Client())) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        house.Pass(before - house.Time.GetUtcNow());
        await watch.LookAsync(default);
        Assert.DoesNotContain("renewal-late", await house.HistoryAsync());
        house.Pass(TimeSpan.FromDays(1));
        await watch.LookAsync(default);
        Assert.Single(await house.HistoryAsync(), "renewal-late");
    }

    [Fact]
    public async Task The_list_goes_on_where_the_page_before_ended()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""", ""","profile":"brief" """);
        for (var number = 2; number <= 5; number++) await EnrollAsync(house, $"pump-{number}", "pumps");
        var seen = new List<string?>();
        string? cursor = null;
        do
        {
            var page = await house.ReadAsync($"{Forecast}/devices?group=pumps&limit=2{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("deviceId").GetString()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(["pump-1", "pump-2", "pump-3", "pump-4", "pump-5"], seen.Order());
    }

    [Fact]
    public async Task An_authority_that_comes_to_its_end_is_told_of_at_a_quarter_a_tenth_and_a_twentieth_of_its_life()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""");
        var issuing = house.Server.Services.GetRequiredService<AuthorityDirectory>().Issuing;
        var watch = house.Server.Services.GetRequiredService<ExpiryWatch>();
        var noted = new List<string>();
        foreach (var left in new[] { 0.26, 0.24, 0.23, 0.09, 0.04, 0.03 })
        {
            // A step by the hour, as a clock does that nobody suspects.
            house.Pass(issuing.NotAfter - house.Time.GetUtcNow() - ((issuing.NotAfter - issuing.NotBefore) * left));
            await watch.LookAsync(default);
            noted.Add(string.Join(',', await NoticesAsync(house)));
        }

        Assert.Equal(["", "25 %", "25 %", "25 %,10 %", "25 %,10 %,5 %", "25 %,10 %,5 %"], noted);

        // By now no credential of this service is good any more.
        var events = await house.Server.Instance.Database.Feed.ReadEventsAsync(0, 100, default);
        var told = RevocationEventDocument.Of(events.Last(one => one.Holder == "issuing"), house.Server.Instance.Addresses).Data;
        Assert.Equal(("authority", "issuing"), (told.HolderKind, told.Authority));
        Assert.Equal(issuing.NotAfter, DateTimeOffset.Parse(told.NotAfter!, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task TM_39_a_certificate_of_a_profile_that_never_was_stops_neither_the_watch_nor_the_forecast()
    {
        await using var house = await RenewalHouse.StartAsync("{}", ""","profile":"brief" """);
        await EnrollAsync(house, "pump-2", "pumps");
        await house.Server.Instance.Database.Writer.RunAsync(
            transaction => transaction.Sql("UPDATE certificates SET profile = 'nobody' WHERE holder = 'pump-1'").Execute(), default);
        house.Pass(TimeSpan.FromDays(9));
        await house.Server.Services.GetRequiredService<ExpiryWatch>().LookAsync(default);
        var events = (await house.ReadAsync("/api/v1/revocations?since=0")).GetProperty("items").EnumerateArray();
        Assert.Equal("pump-2", Assert.Single(events).GetProperty("subject").GetString());
        Assert.Equal(2, (await ListAsync(house, "?days=12")).Count);
    }

    [Fact]
    public async Task The_command_tells_the_forecast_and_names_the_devices()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""", ""","profile":"brief" """);
        var counted = await CommandLine.RunAsync(house.Server, "forecast", "--days", "12");
        Assert.Equal((0, "1"), (counted.ExitCode, counted.Json.GetProperty("days")[0].GetProperty("unlikely").GetRawText()));
        var listed = await CommandLine.RunAsync(house.Server, "forecast", "devices", "--outlook", "unlikely", "--group", "pumps");
        Assert.Equal("pump-1", Assert.Single(listed.Json.GetProperty("items").EnumerateArray()).GetProperty("deviceId").GetString());
        await ShowAsync(house, house.Device.Client());
        listed = await CommandLine.RunAsync(house.Server, "forecast", "devices", "--outlook", "unlikely", "--silent-for", "2d");
        Assert.Empty(listed.Json.GetProperty("items").EnumerateArray());
        house.Pass(TimeSpan.FromDays(2) + TimeSpan.FromMinutes(1));
        listed = await CommandLine.RunAsync(house.Server, "forecast", "devices", "--outlook", "unlikely", "--silent-for", "2d");
        Assert.Single(listed.Json.GetProperty("items").EnumerateArray());
        var wrong = await CommandLine.RunAsync(house.Server, "forecast", "--silent-for", "soon");
        Assert.Equal((2, "usage"), wrong.End);
    }

    [Fact]
    public async Task The_examples_have_the_fields_that_answers_have()
    {
        await using var house = await RenewalHouse.StartAsync("""{"early":"allowed"}""", ""","profile":"brief" """);
        SwaggerExample.IsLike("Forecast", await house.ReadAsync(Forecast));
        SwaggerExample.IsLike("ForecastEntryPage", await house.ReadAsync(Forecast + "/devices"));
    }

    [Theory]
    [InlineData("?days=0")]
    [InlineData("?days=733")]
    [InlineData("?days=-1")]
    [InlineData("?silentFor=soon")]
    [InlineData("?silentFor=-P1D")]
    [InlineData("?silentFor=P99999Y")]
    [InlineData("/devices?outlook=Late")]
    [InlineData("?day=3")]
    public async Task A_question_that_is_none_is_refused(string query)
    {
        await using var server = await TestServer.StartAsync();
        await Problem.IsAsync(await server.Administrator().GetAsync(Forecast + query), HttpStatusCode.BadRequest, "bad-query");
        await Problem.IsAsync(await server.Administrator().GetAsync(Forecast + "?group=nobody"), HttpStatusCode.NotFound, "not-found");
        await Problem.IsAsync(await server.Registrar().GetAsync(Forecast), HttpStatusCode.Forbidden, "not-allowed");
    }

    private static async Task<TestDevice> EnrollAsync(RenewalHouse house, string id, string group)
    {
        var device = house.Server.NewDevice(id);
        using var enrolled = await house.Server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = id, group, csr = Convert.ToBase64String(device.Request()) });
        await device.TakeAsync(enrolled);
        return device;
    }

    private static async Task ShowAsync(RenewalHouse house, HttpClient device)
    {
        Assert.Equal(HttpStatusCode.OK, (await device.GetAsync("/api/v1/self")).StatusCode);

        // That it was seen is written beside the answer; what is written now is written after it.
        await house.Server.Instance.Database.Writer.RunAsync(static _ => true, default);
    }

    private static string Day(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime).ToString("O");

    private static async Task<List<JsonElement>> ListAsync(RenewalHouse house, string query) =>
        [.. (await house.ReadAsync(Forecast + "/devices" + query)).GetProperty("items").EnumerateArray()];

    private static async Task<List<string?>> OutlooksAsync(RenewalHouse house, string more) =>
    [
        .. (await ListAsync(house, "?days=40" + more)).OrderBy(one => one.GetProperty("deviceId").GetString(), StringComparer.Ordinal)
            .Select(one => one.GetProperty("outlook").GetString()),
    ];

    private static async Task<List<(string? Day, string? Group, int Expiring, int Expected, int Renewed, int Late, int Unlikely)>> DaysAsync(
        RenewalHouse house, string query) =>
    [
        .. (await house.ReadAsync(Forecast + query)).GetProperty("days").EnumerateArray().Select(day => (
            day.GetProperty("day").GetString(), day.GetProperty("group").GetString(), day.GetProperty("expiring").GetInt32(),
            day.GetProperty("expected").GetInt32(), day.GetProperty("renewed").GetInt32(), day.GetProperty("late").GetInt32(),
            day.GetProperty("unlikely").GetInt32())),
    ];

    private static async Task<List<string>> NoticesAsync(RenewalHouse house)
    {
        var notices = new List<string>();
        var audit = house.Server.Services.GetRequiredService<Provisioning.Core.Audit.IAuditStore>();
        await foreach (var entry in audit.ReadAuditAsync(0, default))
            if (entry.Action == "authority-expiring" && entry.Holder == "issuing") notices.Add(entry.Detail!.Split(' ', 2)[1].Split(':')[0]);
        return notices;
    }
}
