using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Provisioning.Tests.Server;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

/// <summary><c>import</c> and <c>export</c>.</summary>
public sealed class BulkVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_imported_and_its_bad_rows_are_told_with_their_lines_and_written_to_a_file()
    {
        await using var server = await TestServer.StartAsync();
        var file = Write("devices.csv", "deviceId,attribute:model\npump-1,P\npump 2,P\npump-3,P\n\npump-1,Q\n");

        var run = await CommandLine.RunAsync(server, "import", file, "--id", "first", "--problems", _folder.At("bad.ndjson"));

        Assert.Equal((7, "rows-refused"), run.End);
        Assert.Equal("4 2 0 2", Counts(run.Json));
        string[] bad = ["3 bad-device-id", "6 already-exists"];
        Assert.Equal(bad, run.Json.GetProperty("problems").EnumerateArray().Select(Told));
        Assert.Equal(bad, (await File.ReadAllLinesAsync(_folder.At("bad.ndjson"), Ct)).Select(line => Told(JsonDocument.Parse(line).RootElement)));

        // The same again changes nothing and says the same; another file of that name is refused, and so is a stranger's format.
        var again = await CommandLine.RunAsync(server, "import", file, "--id", "first");
        Assert.Equal((7, "4 2 0 2"), (again.ExitCode, Counts(again.Json)));
        Assert.StartsWith("first was begun before: 4 rows", again.Error, StringComparison.Ordinal);
        var other = await CommandLine.RunAsync(server, "import", Write("other.csv", "deviceId\nvalve-1\n"), "--id", "first");
        Assert.Equal((3, "import-mismatch"), other.End);
        var columns = await CommandLine.RunAsync(server, "import", Write("columns.csv", "deviceId,mood\npump-9,good\n"), "--id", "second");
        Assert.Equal((3, "malformed"), columns.End);
    }

    [Fact]
    public async Task A_person_is_told_the_bad_rows_and_the_sums()
    {
        await using var server = await TestServer.StartAsync();
        var file = Write("devices.ndjson", "{\"deviceId\":\"pump-1\"}\n{\"deviceId\":\"pump 2\"}\n");

        var run = await CommandLine.RunAsync(
            "import", file, "--id", "first", "--url", server.Https.ToString(), "--data", server.Instance.Data.Path);

        Assert.Equal(7, run.ExitCode);
        Assert.StartsWith("line 2: bad-device-id: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("rows-refused: 1 of 2 rows were not taken.\n", run.Error, StringComparison.Ordinal);
        Assert.Matches("first is done.\n  rows +2\n  registered +1\n", run.Output);
    }

    [Fact]
    public async Task An_import_that_broke_off_is_sent_again()
    {
        await using var service = await StartAsync(
            Problem(404, "not-found"),
            Lost,
            Text("{\"importId\":\"first\",\"rows\":1,\"registered\":1,\"unchanged\":0,\"bad\":0,\"startedAt\":\"2026-01-01T00:00:00Z\",\"finishedAt\":null}\n"),
            Text("{\"importId\":\"first\",\"rows\":1,\"registered\":1,\"unchanged\":0,\"bad\":0,\"startedAt\":\"2026-01-01T00:00:00Z\",\"finishedAt\":\"2026-01-01T00:00:01Z\"}\n"));
        Write("root.pem", service.Root.ExportCertificatePem());

        var run = await CommandLine.RunAsync(
            "import", Write("devices.csv", "deviceId\npump-1\n"), "--id", "first", "--json", "--url", service.Url, "--ca", _folder.At("root.pem"));

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["GET /api/v1/imports/first ", .. Enumerable.Repeat("PUT /api/v1/imports/first deviceId\npump-1\n", 3)],
            service.Requests);
    }

    [Theory]
    [InlineData("ndjson")]
    [InlineData("csv")]
    public async Task An_export_that_breaks_off_goes_on_behind_the_last_whole_line(string format)
    {
        string[] rows = format == "csv"
            ? ["deviceId,state\r\n", "\"pump-1\",\"active\"\r\n", "\"pump-2\",\"active\"\r\n"]
            : ["", "{\"deviceId\":\"pump-1\",\"state\":\"active\"}\n", "{\"deviceId\":\"pump-2\",\"state\":\"active\"}\n"];
        await using var service = await StartAsync(Broken(rows[0] + rows[1] + rows[2][..9]), Text(rows[0] + rows[2]));
        Write("root.pem", service.Root.ExportCertificatePem());

        var run = await CommandLine.RunAsync(
            "export", "devices", "--format", format, "--prefix", "pump", "--out", _folder.At("devices"),
            "--json", "--url", service.Url, "--ca", _folder.At("root.pem"));

        Assert.Equal((0, 2), (run.ExitCode, run.Json.GetProperty("devices").GetInt32()));
        Assert.Equal(string.Concat(rows), await File.ReadAllTextAsync(_folder.At("devices"), Ct));
        Assert.Equal(
            [$"GET /api/v1/exports/devices?format={format}&prefix=pump ", $"GET /api/v1/exports/devices?format={format}&prefix=pump&after=pump-1 "],
            service.Requests);
        Assert.Equal(["devices", "root.pem"], _folder.Files);
    }

    [Fact]
    public async Task An_export_that_fails_leaves_the_old_file()
    {
        await using var service = await StartAsync(Broken("{\"deviceId\":\"pump-1\",\"state\":\"active\"}\n"), Problem(403, "not-allowed"));
        Write("root.pem", service.Root.ExportCertificatePem());
        Write("devices", "old");

        var run = await CommandLine.RunAsync(
            "export", "devices", "--out", _folder.At("devices"), "--json", "--url", service.Url, "--ca", _folder.At("root.pem"));

        Assert.Equal((4, "not-allowed"), run.End);
        Assert.Equal("old", await File.ReadAllTextAsync(_folder.At("devices"), Ct));
        Assert.Equal(["devices", "root.pem"], _folder.Files);
    }

    [Fact]
    public async Task What_was_imported_is_exported()
    {
        await using var server = await TestServer.StartAsync();
        var ids = Enumerable.Range(1000, 1200).Select(i => $"pump-{i}").ToList();
        var imported = await CommandLine.RunAsync(server, "import", Write("devices.csv", "deviceId\n" + string.Join('\n', ids)), "--id", "first");
        Assert.Equal(0, imported.ExitCode);

        var run = await CommandLine.RunAsync(server, "export", "devices", "--state", "registered");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(ids, run.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("deviceId").GetString()));
    }

    private static Func<HttpContext, string, Task> Text(string text) => (context, _) => context.Response.WriteAsync(text);

    // The connection ends before the end of the answer.
    private static Func<HttpContext, string, Task> Broken(string text) => (context, _) =>
    {
        context.Response.ContentLength = text.Length + 1;
        return context.Response.WriteAsync(text);
    };

    private static string Counts(JsonElement report) => string.Join(
        ' ', ((string[])["rows", "registered", "unchanged", "bad"]).Select(name => report.GetProperty(name).GetInt64()));

    private static string Told(JsonElement problem) => $"{problem.GetProperty("line")} {problem.GetProperty("code").GetString()}";

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.At(name), text);
        return _folder.At(name);
    }
}
