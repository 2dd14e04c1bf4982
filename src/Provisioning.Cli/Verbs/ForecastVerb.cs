using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>forecast</c>: what expires when, and who will not have renewed by then.</summary>
internal static class ForecastVerb
{
    private const string Root = "/api/v1/devices/forecast";

    private static readonly string[] Outlooks = ["expected", "renewed", "late", "unlikely"];

    private static readonly Option<long?> Days = ListOptions.Number("--days", "How many days, today included. Default: 30.");

    private static readonly Option<string?> Group = ListOptions.Text("--group", "GROUP", "Only of this enrollment group.");

    private static readonly Option<string?> SilentFor = ListOptions.Text(
        "--silent-for", "TIME", "Who was not seen for so long is unlikely to renew: 30d, 12h, 90m.");

    private static readonly Option<string?> Outlook = ListOptions.Text(
        "--outlook", "OUTLOOK", $"Only those of whom this is to be expected: {string.Join(", ", Outlooks)}.");

    static ForecastVerb() => Outlook.AcceptsOneOf(Outlooks);

    internal static Command Create(CommandHost host)
    {
        var devices = new Command("devices", "Lists the devices whose certificates end, soonest first.")
        {
            Outlook, Days, Group, SilentFor, ListOptions.Limit,
        };
        var forecast = new Command("forecast", "Tells what expires when, by day and group. Callers: administrators.")
        {
            Days, Group, SilentFor, devices,
        };
        host.Bind(forecast, CallerRole.Administrator, CountAsync);
        host.Bind(devices, CallerRole.Administrator, ListAsync);
        return forecast;
    }

    private static async Task CountAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var whole = await client.GetAsync<JsonElement>(Root + Lists.Query(Filters(run)), ct);
        if (run.Settings.Json)
        {
            await run.Terminal.Out.WriteLineAsync(whole.GetRawText());
            return;
        }

        var forecast = Lists.As<Forecast>(whole);
        new Table("DAY", "GROUP", "EXPIRING", "EXPECTED", "RENEWED", "LATE", "UNLIKELY").Write(run.Terminal.Out,
        [
            .. forecast.Days.Select(day => (string[])
                [day.Day, day.Group, Text(day.Expiring), Text(day.Expected), Text(day.Renewed), Text(day.Late), Text(day.Unlikely)]),
        ]);
        foreach (var authority in forecast.Authorities)
        {
            await run.Terminal.Out.WriteLineAsync(
                $"The authority {Table.Clean(authority.Name)} ends {Table.Time(authority.NotAfter)}; {authority.PercentLeft} % of its life is left.");
        }
    }

    private static async Task ListAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        await Listing.WriteAsync<ForecastEntry>(
            run,
            Lists.PagesAsync(
                client, Root + "/devices", [.. Filters(run), ("outlook", run.Parsed.GetValue(Outlook))], run.Parsed.GetValue(ListOptions.Limit), ct),
            new Table("DEVICE", "GROUP", "OUTLOOK", "ENDS", "RENEW BEFORE", "LAST SEEN"),
            one => [one.DeviceId, one.Group ?? "", one.Outlook, Table.Time(one.NotAfter), Table.Time(one.RenewBefore), Table.Time(one.LastSeenAt)],
            ct);
    }

    private static IReadOnlyList<(string Name, string? Value)> Filters(Invocation run) =>
    [
        ("days", run.Parsed.GetValue(Days)?.ToString(CultureInfo.InvariantCulture)),
        ("group", run.Parsed.GetValue(Group)),
        ("silentFor", run.Parsed.GetValue(SilentFor) is { } text ? Moments.ReadSpan(text, "--silent-for") : null),
    ];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
