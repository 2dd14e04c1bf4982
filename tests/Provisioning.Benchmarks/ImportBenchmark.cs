using System.Diagnostics;
using System.Text.Json;
using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>A million devices registered from a file, with a bad row in each thousand; and a change of their group previewed over them.</summary>
internal static class ImportBenchmark
{
    private const int Default = 1_000_000;
    private const int Each = 1_000;
    private const double SecondsBudget = 300;
    private const double PreviewBudget = 15;
    private const double MegabytesBudget = 300;

    internal static async Task RunAsync(int? count)
    {
        var rows = count ?? Default;
        Report.Title($"import: {rows} devices from a CSV, a bad row in each {Each}");
        using var folder = new TemporaryFolder();
        var list = Path.Combine(folder.Path, "devices.csv");
        var problems = Path.Combine(folder.Path, "problems.ndjson");
        await File.WriteAllLinesAsync(list, Enumerable.Range(0, rows)
            .Select(i => i % Each == Each - 1 ? $"no such id {i},P-200" : $"unit-{i:D7},P-200").Prepend("deviceId,attribute:model"));

        var (server, _) = await MeasuredServer.StartAsync(Path.Combine(folder.Path, "data"));
        await using var running = server;
        using var import = CommandRun.Start(server, "import", list, "--id", "all", "--problems", problems);
        var ended = await import.EndAsync();
        var told = (await File.ReadAllLinesAsync(problems)).Select(LineOf).ToList();

        // The first line of the file is the header.
        if (!told.SequenceEqual(Enumerable.Range(1, rows / Each).Select(i => (i * Each) + 1L)))
            throw new InvalidOperationException($"The bad rows are not told as they are: {told.Count}, {ended.Output}{ended.Error}");
        Report.Line("bad rows", Report.Text($"{told.Count}, each told with its line; exit code {ended.ExitCode}"));
        Report.Verdict("  time", import.Wall.TotalSeconds, SecondsBudget, "s");
        Report.Verdict("  peak memory of the command", import.Peak, MegabytesBudget, "MB");
        Report.Verdict("  peak memory of the server", import.ServerPeak, MegabytesBudget, "MB");

        await PreviewAsync(server, rows);
    }

    // Refuses the IDs that end with an odd digit, of which every thousandth was bad and is not there.
    private static async Task PreviewAsync(ServerProcess server, int rows)
    {
        using var administrator = Client.Of(server, CredentialFiles.Administrator);
        var started = Stopwatch.GetTimestamp();
        var preview = await administrator.PostJsonAsync("/api/v1/groups/default/preview", """{"deviceIdPattern":"unit-[0-9]*[02468]"}""");
        var wall = Stopwatch.GetElapsedTime(started);
        var (devices, refused) = (preview.GetProperty("devices").GetInt64(), preview.GetProperty("refused").GetInt64());
        if ((devices, refused) != (rows - (rows / Each), (rows / 2) - (rows / Each)))
            throw new InvalidOperationException($"The preview counts wrongly: {preview}");
        Report.Line("previewed", Report.Text($"{devices} devices, of which {refused} would be refused"));
        Report.Verdict("  time", wall.TotalSeconds, PreviewBudget, "s");
    }

    private static long LineOf(string problem)
    {
        using var json = JsonDocument.Parse(problem);
        return json.RootElement.GetProperty("line").GetInt64();
    }
}
