using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>Lists that are worked on by a command that is killed: kill -9, at places that nobody has chosen.</summary>
public sealed class CliBulkTests(CommandLine cli) : IClassFixture<CommandLine>
{
    private const int Units = 1500;
    private const int Rows = 20_000;

    [Fact]
    public async Task A_batch_that_is_killed_again_and_again_gives_each_unit_one_certificate_and_one_line()
    {
        var (list, results) = (cli.At("batch.ndjson"), cli.At("batch.ndjson.results.ndjson"));
        await File.WriteAllLinesAsync(list, Enumerable.Range(0, Units).Select(Enrollment), Ct);
        string[] enroll = ["enroll", "--batch", list, "--url", cli.Server.Https, "--data", cli.Server.DataDirectory];

        // Killed when the file has grown by each of these: in the middle of a part, or of a write.
        var kills = 0;
        foreach (var growth in (int[])[1, 200_000, 1, 400_000])
        {
            var before = LengthOf(results);
            if (await KillAsync(enroll, () => LengthOf(results) >= before + growth)) kills++;
        }

        Assert.True(kills > 1, "The command was too fast to be killed.");
        await File.AppendAllTextAsync(results, "{\"status\":201,\"line\":", Ct);

        var last = await cli.DoAsync(enroll[..3]);
        Assert.Equal(Units, last.GetProperty("issued").GetInt32() + last.GetProperty("skipped").GetInt32());
        var lines = (await File.ReadAllLinesAsync(results, Ct)).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(Enumerable.Range(1, Units), lines.Select(line => line.GetProperty("line").GetInt32()).Order());
        Assert.Equal(Units, lines.Select(CommandLine.Serial).Distinct().Count());

        // No unit has a certificate that its line does not tell of.
        using var administrator = Api.Client(cli.Server, "admin");
        var issued = (await Api.ListAsync(administrator, "/api/v1/certificates"))
            .Where(one => one.GetProperty("holder").GetString()!.StartsWith("batch-", StringComparison.Ordinal)).Select(CommandLine.Serial);
        Assert.Equal(lines.Select(CommandLine.Serial).Order(), issued.Order());
    }

    [Fact]
    public async Task An_import_that_is_killed_goes_on_where_the_service_was()
    {
        var file = cli.At("import.csv");
        // More than any buffer between the two holds.
        var notes = string.Join(',', Enumerable.Repeat(new string('x', 250), 4));
        await File.WriteAllTextAsync(
            file, "deviceId,attribute:a,attribute:b,attribute:c,attribute:d\n" + string.Join('\n', Enumerable.Range(0, Rows).Select(i => $"{(i % 1000 == 999 ? "bad id" : $"import-{i:D6}")},{notes}")), Ct);
        string[] import = ["import", file, "--id", "killed", "--url", cli.Server.Https, "--data", cli.Server.DataDirectory];
        using var administrator = Api.Client(cli.Server, "admin");

        // Killed after the first transaction, with most of 20 MB still to come.
        Assert.True(await KillAsync(import, () => administrator.GetAsync("/api/v1/imports/killed", Ct).GetAwaiter().GetResult().IsSuccessStatusCode));
        var killed = await administrator.GetFromJsonAsync<JsonElement>("/api/v1/imports/killed", Ct);
        Assert.Equal(JsonValueKind.Null, killed.GetProperty("finishedAt").ValueKind);
        Assert.InRange(killed.GetProperty("rows").GetInt32(), 1, Rows - 1);
        var run = await CommandLine.RunAsync([.. import, "--json", "--problems", cli.At("bad.ndjson")]);

        Assert.True(run.ExitCode == 7, run.Error);
        Assert.Contains("killed was begun before", run.Error, StringComparison.Ordinal);
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(
            (Rows, Rows - (Rows / 1000), 0, Rows / 1000),
            (report.GetProperty("rows").GetInt32(), report.GetProperty("registered").GetInt32(), report.GetProperty("unchanged").GetInt32(), report.GetProperty("bad").GetInt32()));
        Assert.Equal(
            Enumerable.Range(1, Rows / 1000).Select(i => (1000 * i) + 1),
            (await File.ReadAllLinesAsync(cli.At("bad.ndjson"), Ct)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("line").GetInt32()));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static long LengthOf(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private static string Enrollment(int number)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return JsonSerializer.Serialize(new { deviceId = $"batch-{number:D4}", csr = Convert.ToBase64String(Api.Request(key, $"batch-{number:D4}")) });
    }

    // Tells whether it was killed; else it had ended before.
    private static async Task<bool> KillAsync(string[] command, Func<bool> isTime)
    {
        using var run = CommandLine.Start([.. command, "--quiet"]);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!run.HasExited && !isTime()) await timer.WaitForNextTickAsync(Ct);
        if (run.HasExited) return false;
        run.Kill();
        await run.WaitForExitAsync(Ct);
        return true;
    }
}
