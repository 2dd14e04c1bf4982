using System.CommandLine;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Lots;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>lots</c>: production orders. What changes them is in <see cref="LotOrder"/>, what ends them in <see cref="LotEnd"/>.</summary>
internal static class LotsVerb
{
    private const string Root = "/api/v1/lots";

    private static readonly string[] States = ["planned", "open", "passed", "closed"];

    /// <summary>The lot.</summary>
    internal static readonly Argument<string> Name = new("LOT") { Description = "The name of the lot." };

    private static readonly Option<string?> Group = ListOptions.Text("--group", "NAME", "Only of this enrollment group.");

    private static readonly Option<string?> State = ListOptions.Text(
        "--state", "STATE", $"Only in this state: {string.Join(", ", States)}.");

    internal static Command Create(CommandHost host)
    {
        var show = new Command("show", "Shows a lot and how far it is. Callers: administrators, and its stations.") { Name };
        var lots = new Command("lots", "Lists lots, which are production orders, newest first. Callers: administrators.")
        {
            Group, State, ListOptions.Limit, show,
        };
        State.AcceptsOneOf(States);
        host.Bind(lots, CallerRole.Administrator, ListAsync);
        host.Bind(show, CallerRole.Administrator, ShowAsync);
        LotOrder.AddTo(lots, host);
        LotEnd.AddTo(lots, host);
        return lots;
    }

    /// <summary>The address of the lot that was named.</summary>
    internal static string PathOf(Invocation run) => $"{Root}/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(Name))}";

    /// <summary>Shows a lot.</summary>
    internal static void Show(Invocation run, JsonElement row)
    {
        var lot = Lists.As<LotEntry>(row);
        Listing.Show(
            run,
            row,
            lot.Name,
            ("state", lot.State),
            ("for", lot.Description),
            ("group", lot.Group),
            ("units", lot.Range is { } range ? UnitRange.Write(range) : lot.Listed is { } listed ? $"{listed} listed" : "any"),
            ("stations", lot.Stations is null ? "any" : string.Join(' ', lot.Stations)),
            ("window", $"{Table.Time(lot.OpensAt)} to {Table.Time(lot.ClosesAt)}"),
            ("ordered", lot.Counts.Ordered.ToString()),
            ("issued", lot.Counts.Issued.ToString()),
            ("remaining", lot.Counts.Remaining.ToString()),
            ("scrapped", lot.Counts.Scrapped.ToString()),
            ("activated", lot.Counts.Activated.ToString()),
            ("refused beyond", lot.Counts.Beyond.ToString()));
    }

    private static async Task ListAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var pages = Lists.PagesAsync(
            client,
            Root,
            [("group", run.Parsed.GetValue(Group)), ("state", run.Parsed.GetValue(State))],
            run.Parsed.GetValue(ListOptions.Limit),
            ct);
        var table = new Table("LOT", "STATE", "GROUP", "ORDERED", "ISSUED", "SCRAPPED", "BEYOND", "UNTIL");
        await Listing.WriteAsync<LotEntry>(
            run,
            pages,
            table,
            lot =>
            [
                lot.Name, lot.State, lot.Group, lot.Counts.Ordered.ToString(), lot.Counts.Issued.ToString(),
                lot.Counts.Scrapped.ToString(), lot.Counts.Beyond.ToString(), Table.Time(lot.ClosesAt),
            ],
            ct);
    }

    private static async Task ShowAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        Show(run, await client.GetAsync<JsonElement>(PathOf(run), ct));
    }
}
