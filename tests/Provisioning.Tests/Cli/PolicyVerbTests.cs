using System.Text.Json;
using Provisioning.Cli;
using Provisioning.Cli.Lots;
using Provisioning.Cli.Options;
using Provisioning.Tests.Server;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

/// <summary><c>lots</c>, <c>tokens</c>, <c>groups</c> and <c>profiles</c>.</summary>
public sealed class PolicyVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_lot_is_ordered_changed_scrapped_closed_and_its_report_verifies_offline()
    {
        await using var server = await TestServer.StartAsync();
        var made = await DoAsync(server, "lots create PO-1 --group default --quota 2 --range PUMP-08..PUMP-11 --station factory-line --not-after 5d");
        Assert.Equal("PUMP- 8 11 2", Range(made));
        var changed = await DoAsync(server, "lots change PO-1 --quota 3 --description pumps");
        Assert.Equal((3, "pumps", "PUMP- 8 11 2"), (changed.GetProperty("quota").GetInt32(), changed.GetProperty("description").GetString(), Range(changed)));
        Assert.Equal(made.GetProperty("closesAt").GetString(), changed.GetProperty("closesAt").GetString());
        foreach (var id in (string[])["PUMP-08", "PUMP-09", "PUMP-10"]) await server.NewDevice(id).EnrollAsync(server.Registrar(), "PO-1");

        var scrapped = await RunAsync(server, "lots scrap PO-1 PUMP-09 PUMP-77 --reason dead");
        Assert.Equal((7, "units-refused"), scrapped.End);
        Assert.Equal(["PUMP-09 ", "PUMP-77 not-in-lot"], scrapped.Json.GetProperty("items").EnumerateArray()
            .Select(one => $"{one.GetProperty("deviceId").GetString()} {(one.TryGetProperty("code", out var code) ? code.GetString() : "")}"));
        Assert.Equal(["PO-1"], Names(await DoAsync(server, "lots --state open --group default"), "name"));

        var (report, units) = (_folder.At("report.jws"), _folder.At("units.ndjson"));
        var closed = await DoAsync(server, $"lots close PO-1 --out {report} --units {units}");
        Assert.Equal((3, 1), (closed.GetProperty("counts").GetProperty("issued").GetInt32(), closed.GetProperty("counts").GetProperty("scrapped").GetInt32()));
        await DoAsync(server, $"lots report PO-1 --out {_folder.At("again.jws")}");
        Assert.Equal(await File.ReadAllTextAsync(report, Ct), await File.ReadAllTextAsync(_folder.At("again.jws"), Ct));

        await VerifyAsync(0, null, server, report, "--lot", "PO-1", "--units", units);
        await VerifyAsync(1, "that of the lot", server, report, "--lot", "PO-2");
        await File.AppendAllTextAsync(units, "{}\n", Ct);
        await VerifyAsync(1, "not the list of its units", server, report, "--units", units);
        var good = await File.ReadAllTextAsync(report, Ct);
        foreach (var place in Enumerable.Range(0, 40).Select(i => i * (good.Length - 1) / 39))
        {
            await File.WriteAllTextAsync(report, $"{good[..place]}{(char)(good[place] ^ 1)}{good[(place + 1)..]}", Ct);
            await VerifyAsync(1, "NOT good", server, report);
        }
    }

    [Fact]
    public async Task A_report_that_a_stranger_or_a_device_has_signed_is_not_good()
    {
        await using var server = await TestServer.StartAsync();
        await using var stranger = await TestServer.StartAsync();
        await DoAsync(server, "lots create PO-1 --group default --quota 2 --not-after 5d");
        await DoAsync(server, $"lots close PO-1 --out {_folder.At("report.jws")}");
        await VerifyAsync(1, "not certified for reports", stranger, _folder.At("report.jws"));
    }

    [Fact]
    public async Task Units_of_a_list_are_put_on_a_lot_all_or_none()
    {
        await using var server = await TestServer.StartAsync();
        await File.WriteAllTextAsync(_folder.At("units.csv"), "deviceId\npump-1\npump-2\n", Ct);
        await File.WriteAllTextAsync(_folder.At("more.csv"), "deviceId\npump-3\n\"pump-4\n", Ct);

        var made = await DoAsync(server, $"lots create PO-1 --group default --quota 3 --list {_folder.At("units.csv")} --not-after 2d");
        Assert.Equal(2, made.GetProperty("listed").GetInt32());
        var bad = await RunAsync(server, $"lots add PO-1 {_folder.At("more.csv")}");
        Assert.Equal((2, "usage"), bad.End);
        Assert.Equal(2, (await DoAsync(server, "lots show PO-1")).GetProperty("listed").GetInt32());
        await File.WriteAllTextAsync(_folder.At("more.csv"), "deviceId\npump-3\n", Ct);
        Assert.Equal(3, (await DoAsync(server, $"lots add PO-1 {_folder.At("more.csv")}")).GetProperty("listed").GetInt32());
    }

    [Fact]
    public async Task A_change_that_somebody_else_was_faster_with_is_not_made()
    {
        await using var service = await StartAsync(
            (context, _) =>
            {
                context.Response.Headers.ETag = "\"7\"";
                return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(
                    context.Response, """{"name":"PO-1","quota":3,"opensAt":"2026-01-01T00:00:00Z","closesAt":"2026-02-01T00:00:00Z"}""");
            },
            (context, _) => Problem(context.Request.Headers.IfMatch == "\"7\"" ? 412 : 500, "precondition-failed")(context, ""));
        await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);

        var run = await CommandLine.RunAsync(
            "lots", "change", "PO-1", "--quota", "4", "--json", "--url", service.Url, "--ca", _folder.At("root.pem"));

        Assert.Equal((3, "precondition-failed"), run.End);
        Assert.Contains("Somebody else has changed it", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            """PUT /api/v1/lots/PO-1 {"quota":4,"opensAt":"2026-01-01T00:00:00Z","closesAt":"2026-02-01T00:00:00Z"}""", service.Requests[^1]);
    }

    [Fact]
    public async Task Tokens_are_printed_once_drawn_for_their_owner_listed_and_revoked()
    {
        await using var server = await TestServer.StartAsync();
        await DoAsync(server, "groups save pumps --credential token");

        var run = await CommandLine.RunAsync(
            "tokens", "create", "--group", "pumps", "--device", "pump-1", "--uses", "2", "--not-after", "30d", "--qr", _folder.At("pump-1.png"),
            "--url", server.Https.ToString(), "--data", server.Instance.Data.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^PVT1\.[0-9A-Z]+\.[0-9A-Z]+\n$", run.Output);
        Assert.Equal([0x89, .. "PNG"u8], (await File.ReadAllBytesAsync(_folder.At("pump-1.png"), Ct))[..4]);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.At("pump-1.png")));
        var many = await DoAsync(server, $"tokens create --group pumps --count 3 --qr {_folder.At("labels")}");
        foreach (var impossible in new[] { $"--qr {_folder.At("nowhere/label.png")}", $"--count 2 --qr {_folder.At("pump-1.png")}" })
            Assert.Equal((int)ExitCode.Usage, (await RunAsync(server, "tokens create --group pumps " + impossible)).ExitCode);
        Assert.Equal(3, Names(many, "token").Distinct().Count());
        Assert.Equal(Names(many, "id").Order(), Directory.GetFiles(_folder.At("labels")).Select(Path.GetFileNameWithoutExtension).Order());

        var id = run.Output.Split('.')[1];
        var shown = await DoAsync(server, "tokens show " + id);
        Assert.Equal(("pump-1", 2), (shown.GetProperty("deviceId").GetString(), shown.GetProperty("uses").GetInt32()));
        Assert.Equal("revoked", (await DoAsync(server, "tokens revoke " + id)).GetProperty("state").GetString());
        Assert.Equal([id], Names(await DoAsync(server, "tokens --state revoked"), "id"));
        Assert.Equal(3, Names(await DoAsync(server, "tokens --state active --group pumps"), "id").Count());
    }

    [Fact]
    public async Task A_group_is_made_previewed_and_changed_and_what_is_not_named_stays()
    {
        await using var server = await TestServer.StartAsync();
        await DoAsync(server, "groups save pumps --profile mqtt-client --credential registrar --credential token --on-clone quarantine");
        await server.NewDevice("pump-1").EnrollAsync(server.Registrar());

        var preview = await DoAsync(server, "groups preview default --pattern VALVE-[0-9]+");
        Assert.Equal((1, 1), (preview.GetProperty("devices").GetInt32(), preview.GetProperty("refused").GetInt32()));
        var saved = await DoAsync(server, "groups save pumps --pattern PUMP-[0-9]+ --require model");
        Assert.Equal((2, "mqtt-client", "quarantine"), (saved.GetProperty("version").GetInt32(), saved.GetProperty("profile").GetString(), saved.GetProperty("onClone").GetString()));
        Assert.Equal(["registrar", "token"], saved.GetProperty("credentials").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(["default", "pumps"], Names(await DoAsync(server, "groups"), "name"));
        Assert.Equal(2, Names(await DoAsync(server, "groups versions pumps"), "name").Count());

        // What show gives is what --file takes.
        await File.WriteAllTextAsync(_folder.At("pumps.json"), (await DoAsync(server, "groups show pumps")).GetRawText(), Ct);
        var copied = await DoAsync(server, $"groups save copies --file {_folder.At("pumps.json")} --approval manual");
        Assert.Equal(("PUMP-[0-9]+", "manual"), (copied.GetProperty("deviceIdPattern").GetString(), copied.GetProperty("approval").GetString()));
        Assert.Equal((3, "bad-group"), (await RunAsync(server, "groups save pumps --registration closed")).End);
    }

    [Fact]
    public async Task A_profile_is_shown_as_a_file_and_saved_from_one_in_the_version_that_was_read()
    {
        await using var server = await TestServer.StartAsync();
        var shown = await CommandLine.RunAsync(
            "profiles", "show", "mqtt-client", "--url", server.Https.ToString(), "--data", server.Instance.Data.Path);
        await File.WriteAllTextAsync(_folder.At("profile.json"), shown.Output.Replace("P365D", "P90D", StringComparison.Ordinal), Ct);

        Assert.Equal(2, (await DoAsync(server, $"profiles save mqtt-client {_folder.At("profile.json")}")).GetProperty("version").GetInt32());
        Assert.Equal((3, "precondition-failed"), (await RunAsync(server, $"profiles save mqtt-client {_folder.At("profile.json")} --if-version 1")).End);
        Assert.Equal(2, Names(await DoAsync(server, "profiles versions mqtt-client"), "name").Count());
        Assert.Contains("idevid", Names(await DoAsync(server, "profiles"), "name"));
    }

    [Theory]
    [InlineData("PUMP-000001..PUMP-001010", "PUMP- 1 1010 6")]
    [InlineData("1..9", " 1 9 1")]
    [InlineData("A1B1..A1B9", "A1B 1 9 1")]
    [InlineData("PUMP-1..PUMP-10", null)]
    [InlineData("PUMP-1..VALVE1", null)]
    [InlineData("PUMP-1", null)]
    [InlineData("a..b", null)]
    public void A_range_is_its_first_and_its_last_unit(string text, string? told)
    {
        if (told is null)
        {
            Assert.Equal(ExitCode.Usage, Assert.Throws<FailureException>(() => UnitRange.Read(text)).ExitCode);
            return;
        }

        var range = UnitRange.Read(text);
        Assert.Equal((told, text), ($"{range.Prefix} {range.First} {range.Last} {range.Width}", UnitRange.Write(range)));
    }

    [Theory]
    [InlineData("30d", "2026-01-31T12:00:00Z")]
    [InlineData("90m", "2026-01-01T13:30:00Z")]
    [InlineData("2027-01-31T18:00Z", "2027-01-31T18:00:00Z")]
    [InlineData("2027-01-31T18:00:00+02:00", "2027-01-31T16:00:00Z")]
    [InlineData("soon", null)]
    [InlineData("-3d", null)]
    public void A_time_is_a_time_or_from_now(string text, string? time)
    {
        var now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        if (time is null) Assert.Throws<FailureException>(() => Moments.Read(text, "--not-after", now));
        else Assert.Equal(time, Moments.Read(text, "--not-after", now));
    }

    private static Task<CommandLine> RunAsync(TestServer server, string line) => CommandLine.RunAsync(server, line.Split(' '));

    private static async Task<JsonElement> DoAsync(TestServer server, string line)
    {
        var run = await RunAsync(server, line);
        Assert.True(run.ExitCode == 0, $"{line}: {run.ExitCode} {run.Error}");
        return run.Json;
    }

    private static async Task VerifyAsync(int exitCode, string? reason, TestServer server, string report, params string[] options)
    {
        var run = await CommandLine.RunAsync(["lots", "verify", report, "--ca", Path.Combine(server.Instance.Data.Path, "pki", "root.pem"), .. options]);
        Assert.True(run.ExitCode == exitCode, run.Error);
        Assert.Contains(reason ?? "is good", run.Error + run.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string?> Names(JsonElement list, string field) =>
        list.GetProperty("items").EnumerateArray().Select(one => one.GetProperty(field).GetString());

    private static string Range(JsonElement lot)
    {
        var range = lot.GetProperty("range");
        return $"{range.GetProperty("prefix")} {range.GetProperty("first")} {range.GetProperty("last")} {range.GetProperty("width")}";
    }
}
