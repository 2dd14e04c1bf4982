using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>campaigns</c>: all devices of a group renew out of turn.</summary>
internal static class CampaignsVerb
{
    private static readonly Argument<string> Group = new("GROUP") { Description = "The enrollment group." };

    private static readonly Argument<string> Id = new("CAMPAIGN") { Description = "The ID of the campaign." };

    private static readonly Option<string> Reason = new("--reason")
    {
        HelpName = "TEXT",
        Description = "Why, for people. It stands in the audit.",
        Required = true,
    };

    private static readonly Option<string> Over = new("--over")
    {
        HelpName = "SPAN",
        Description = "Over how long the devices are spread, such as 90m, 6h or 30d.",
        Required = true,
    };

    private static readonly Option<string?> At = ListOptions.Text("--at", "TIME", $"When the first device is due; now by default: {Moments.Form}.");

    internal static Command Create(CommandHost host)
    {
        var list = new Command("list", "Lists the campaigns of a group, newest first.") { Group, ListOptions.Limit };
        var start = new Command("start", "Starts a campaign, now or later.") { Group, Reason, Over, At };
        var show = new Command("show", "Shows a campaign and how far it is.") { Group, Id };
        var stragglers = new Command("stragglers", "Lists the devices that it waits for, oldest certificates first.") { Group, Id, ListOptions.Limit };
        var stop = new Command("stop", "Stops a campaign. What was renewed stays renewed.") { Group, Id };
        var campaigns = new Command("campaigns", "Renews all devices of a group out of turn. Callers: administrators.")
        {
            list, start, show, stragglers, stop,
        };
        host.Bind(list, CallerRole.Administrator, ListAsync);
        host.Bind(start, CallerRole.Administrator, StartAsync);
        host.Bind(show, CallerRole.Administrator, ShowAsync);
        host.Bind(stragglers, CallerRole.Administrator, ListStragglersAsync);
        host.Bind(stop, CallerRole.Administrator, StopAsync);
        return campaigns;
    }

    private static async Task ListAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        await Listing.WriteAsync<CampaignEntry>(
            run,
            Lists.PagesAsync(client, Root(run), [], run.Parsed.GetValue(ListOptions.Limit), ct),
            new Table("CAMPAIGN", "STATE", "CERTIFICATES", "FROM", "TO", "BY", "REASON"),
            one =>
            [
                one.Id, one.State, one.Certificates.ToString(), Table.Time(one.StartsAt), Table.Time(one.EndsAt), one.CreatedBy, one.Reason,
            ],
            ct);
    }

    private static async Task StartAsync(Invocation run, CancellationToken ct)
    {
        var body = new JsonObject { ["reason"] = run.Parsed.GetRequiredValue(Reason), ["duration"] = Moments.ReadSpan(run.Parsed.GetRequiredValue(Over), Over.Name) };
        if (run.Parsed.GetValue(At) is { } at) body["startsAt"] = Moments.Read(at, At.Name, run.Time.GetUtcNow());
        using var client = run.Connect();
        const string advice = "Whether it was started says 'provisioning campaigns list'.";
        Show(run, await client.PostOnceAsync<JsonObject, JsonElement>(Root(run), body, advice, ct));
    }

    private static async Task ShowAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        Show(run, await client.GetAsync<JsonElement>(PathOf(run), ct));
    }

    private static async Task ListStragglersAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        await Listing.WriteAsync<StragglerEntry>(
            run,
            Lists.PagesAsync(client, PathOf(run) + "/stragglers", [], run.Parsed.GetValue(ListOptions.Limit), ct),
            new Table("DEVICE", "SERIAL NUMBER", "NOT AFTER", "DUE", "LAST SEEN", "HAS ITS NEXT"),
            one =>
            [
                one.DeviceId, one.SerialNumber, Table.Time(one.NotAfter), Table.Time(one.RenewAfter), Table.Time(one.LastSeenAt),
                one.IsRenewed ? "yes, not shown yet" : "no",
            ],
            ct);
    }

    private static async Task StopAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        Show(run, await client.DeleteAsync<JsonElement>(PathOf(run), ct));
    }

    private static void Show(Invocation run, JsonElement row)
    {
        var one = Lists.As<CampaignEntry>(row);
        Listing.Show(
            run,
            row,
            one.Id,
            ("state", one.State),
            ("group", one.Group),
            ("for", one.Reason),
            ("window", $"{Table.Time(one.StartsAt)} to {Table.Time(one.EndsAt)}"),
            ("certificates", one.Certificates.ToString()),
            ("remaining", one.Remaining?.ToString()),
            ("not shown yet", one.Unconfirmed?.ToString()),
            ("started by", one.CreatedBy),
            ("stopped", one.StoppedAt is null ? null : $"{Table.Time(one.StoppedAt)}, {one.StoppedBy}"));
    }

    private static string Root(Invocation run) => $"/api/v1/groups/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(Group))}/campaigns";

    private static string PathOf(Invocation run) => $"{Root(run)}/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(Id))}";
}
