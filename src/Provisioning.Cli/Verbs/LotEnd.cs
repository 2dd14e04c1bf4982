using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Files;
using Provisioning.Cli.Lots;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>lots scrap</c>, <c>close</c>, <c>report</c> and <c>verify</c>: what has become of an order.</summary>
internal static class LotEnd
{
    // As many as the service takes at once.
    private const int UnitsAtOnce = 1000;

    private static readonly Argument<string[]> Scrapped = new("DEVICE")
    {
        Description = "The units.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> ScrapList = ListOptions.Text(
        "--list", "FILE", "Or a list of units (deviceId, reason), as CSV or one JSON object a line.");

    private static readonly Option<string?> Reason = ListOptions.Text("--reason", "TEXT", "Why, for people.");

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask." };

    private static readonly Option<string> Out = new("--out")
    {
        HelpName = "FILE",
        Description = "Where the signed report goes (JWS).",
        Required = true,
    };

    private static readonly Option<string?> Units = ListOptions.Text(
        "--units", "FILE", "The list of all units, one JSON object a line, whose SHA-256 the report holds: written, or by verify read.");

    private static readonly Argument<string> ReportFile = new("FILE") { Description = "The signed report." };

    private static readonly Option<string?> ExpectedLot = ListOptions.Text("--lot", "NAME", "The lot that the report must be of.");

    internal static void AddTo(Command lots, CommandHost host)
    {
        var scrap = new Command("scrap", "Puts dead units out of service for ever; others may be made. Callers: administrators, stations.")
        {
            LotsVerb.Name, Scrapped, ScrapList, Reason, Yes,
        };
        scrap.Validators.Add(result =>
        {
            if (result.GetValue(Scrapped) is { Length: > 0 } == result.GetValue(ScrapList) is not null)
                result.AddError("Name either units or a --list of them.");
        });
        var close = new Command("close", "Ends a lot for ever and gives its signed report. Callers: administrators.")
        {
            LotsVerb.Name, Out, Units, Yes,
        };
        var report = new Command("report", "Gives the signed report of a closed lot once more. Callers: administrators.")
        {
            LotsVerb.Name, Out, Units,
        };
        var verify = new Command("verify", "Verifies a report offline, with nothing but the root certificate (--ca).")
        {
            ReportFile, ExpectedLot, Units,
        };
        foreach (var command in (Command[])[scrap, close, report, verify]) lots.Subcommands.Add(command);
        host.Bind(scrap, CallerRole.Administrator, ScrapAsync);
        host.Bind(close, CallerRole.Administrator, CloseAsync);
        host.Bind(report, CallerRole.Administrator, ReportAsync);
        host.Bind(verify, CallerRole.Stranger, VerifyAsync);
    }

    private static async Task ScrapAsync(Invocation run, CancellationToken ct)
    {
        var reason = run.Parsed.GetValue(Reason);
        var named = run.Parsed.GetRequiredValue(Scrapped).Select(id => new UnitRow { DeviceId = id }).ToArray();
        var list = run.Parsed.GetValue(ScrapList);
        var what = list is null ? $"{named.Length} unit(s)" : $"the units in {list}";
        if (!run.Parsed.GetValue(Yes)) await run.Terminal.ConfirmAsync($"Put {what} out of service for ever?", ct);
        var pages = list is null ? named.Chunk(UnitsAtOnce).ToAsyncEnumerable() : UnitRow.PagesAsync(list, UnitsAtOnce, ct);
        using var client = run.Connect();
        var all = new List<ScrappedUnit>();
        await foreach (var page in pages)
        {
            var units = new JsonArray([.. page.Select(unit =>
                (JsonNode)new JsonObject { ["deviceId"] = unit.DeviceId, ["reason"] = unit.Reason ?? reason })]);
            all.AddRange((await client.PostAsync<JsonObject, ScrapReport>(
                LotsVerb.PathOf(run) + "/scrap", new JsonObject { ["units"] = units }, idempotencyKey: null, ct)).Items);
        }

        run.Report(new ScrapReport(all), output => new Table("DEVICE", "SCRAPPED", "REVOKED", "REFUSED").Write(
            output, [.. all.Select(one => (string[])[one.DeviceId, Table.Time(one.ScrappedAt), one.Revoked.ToString(), $"{one.Code} {one.Detail}".Trim()])]));
        var refused = all.Count(one => one.Code is not null);
        if (refused > 0) throw new FailureException(ExitCode.Incomplete, "units-refused", $"{refused} of {all.Count} units were not scrapped.");
    }

    private static async Task CloseAsync(Invocation run, CancellationToken ct)
    {
        var lot = run.Parsed.GetRequiredValue(LotsVerb.Name);
        if (!run.Parsed.GetValue(Yes)) await run.Terminal.ConfirmAsync($"Close the lot {lot} for ever?", ct);
        await FetchAsync(run, HttpMethod.Post, "/closure", ct);
    }

    private static Task ReportAsync(Invocation run, CancellationToken ct) => FetchAsync(run, HttpMethod.Get, "/report", ct);

    // What was fetched is verified before it is written, by the root that the connection was verified with.
    private static async Task FetchAsync(Invocation run, HttpMethod method, string below, CancellationToken ct)
    {
        using var client = run.Connect();
        using var root = RootOf(run);
        var jws = Encoding.ASCII.GetString(await client.GetOctetsAsync(method, LotsVerb.PathOf(run) + below, "application/jose", ct));
        var (report, json) = SignedReport.Verify(jws, root);
        AtomicFile.Write(run.Parsed.GetRequiredValue(Out), jws, AtomicFile.Readable);
        if (run.Parsed.GetValue(Units) is { } units)
        {
            await DownloadAsync(client, LotsVerb.PathOf(run) + "/units", units, ct);
            await CheckUnitsAsync(report, units, ct);
        }

        Show(run, report, json);
    }

    private static async Task VerifyAsync(Invocation run, CancellationToken ct)
    {
        using var root = RootOf(run);
        var file = run.Parsed.GetRequiredValue(ReportFile);
        if (!File.Exists(file)) throw FailureException.Usage($"There is no file '{file}'.");
        var (report, json) = SignedReport.Verify((await File.ReadAllTextAsync(file, ct)).TrimEnd(), root);
        if (run.Parsed.GetValue(ExpectedLot) is { } lot && lot != report.Lot) throw SignedReport.Bad($"it is that of the lot {report.Lot}");
        if (run.Parsed.GetValue(Units) is { } units) await CheckUnitsAsync(report, units, ct);
        Show(run, report, json);
    }

    private static System.Security.Cryptography.X509Certificates.X509Certificate2 RootOf(Invocation run) =>
        TlsTrust.ReadRoots(run.Settings.CaFile ?? throw FailureException.Usage("Name the root certificate that you trust with --ca."))[0];

    private static async Task DownloadAsync(ApiClient client, string path, string file, CancellationToken ct)
    {
        using var pending = new PendingFile(file, AtomicFile.Readable);
        await client.SendAsync(
            new Exchange<bool>(
                _ => new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new("application/x-ndjson") } } },
                async (response, pulse, stop) =>
                {
                    pending.Stream.SetLength(0);
                    await foreach (var line in Exchange.LinesOf(response, pulse, stop))
                    {
                        await pending.Stream.WriteAsync(line.Bytes, stop);
                        pending.Stream.WriteByte((byte)'\n');
                    }

                    return true;
                },
                IsStream: true),
            ct);
        pending.Commit();
    }

    private static async Task CheckUnitsAsync(LotReport report, string file, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));
        if (hash != report.Units.Sha256) throw SignedReport.Bad($"'{file}' is not the list of its units");
    }

    private static void Show(Invocation run, LotReport report, System.Text.Json.JsonElement json) => Listing.Show(
        run,
        json,
        $"The report of the lot {report.Lot} is good.",
        ("signed", Table.Time(report.SignedAt)),
        ("ordered", report.Counts.Ordered.ToString()),
        ("issued", report.Counts.Issued.ToString()),
        ("replaced", report.Counts.Replaced.ToString()),
        ("activated in the field", report.Counts.Activated.ToString()),
        ("scrapped", report.Counts.Scrapped.ToString()),
        ("unaccounted", report.Counts.Unaccounted.ToString()),
        ("not issued", report.Counts.NotIssued.ToString()),
        ("attempts beyond", report.Counts.AttemptsBeyond.ToString()));
}
