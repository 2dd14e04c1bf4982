using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Benchmarks;

/// <summary>
/// A file of requests enrolled by the command, which is killed on the way and goes on, beside the same requests issued in this process.
/// Both are held to the same two processors: client and server share them.
/// </summary>
internal static class BatchBenchmark
{
    private const int Default = 100_000;
    private const int InProcess = 20_000;
    private const double SlowdownBudget = 1 / 0.7;
    private const double MegabytesBudget = 300;

    internal static async Task RunAsync(int? count)
    {
        var units = count ?? Default;
        Report.Title($"batch: {units} requests of one file, killed at half and run again");
        using var folder = new TemporaryFolder();
        var list = Path.Combine(folder.Path, "units.ndjson");
        var results = list + ".results.ndjson";
        Write(list, units);
        var warmUp = Path.Combine(folder.Path, "warm-up.ndjson");
        Write(warmUp, 5_000);

        var before = await IssueBenchmark.RateAsync(InProcess);
        var (server, _) = await MeasuredServer.StartAsync(Path.Combine(folder.Path, "data"));
        await using var running = server;
        using (var run = CommandRun.Start(server, "enroll", "--batch", warmUp)) Expect(0, await run.EndAsync());
        using var first = CommandRun.Start(server, "enroll", "--batch", list);
        var half = new FileInfo(list).Length / 2;
        await first.EndAsync(() => new FileInfo(results) is { Exists: true } file && file.Length > half);
        using var second = CommandRun.Start(server, "enroll", "--batch", list);
        Expect(0, await second.EndAsync());
        var after = await IssueBenchmark.RateAsync(InProcess);

        CheckResults(results, units);
        var inProcess = (before + after) / 2;
        var rate = units / (first.Wall + second.Wall).TotalSeconds;
        Report.Line("issued in this process", Report.Text($"{inProcess:F0} a second ({before:F0} before, {after:F0} after)"));
        Report.Line("enrolled by the command", Report.Text($"{rate:F0} a second, {rate / inProcess:P0}, starting twice included"));
        Report.Verdict("  slower by", inProcess / rate, SlowdownBudget, "×");
        Report.Verdict("  peak memory of the command", Math.Max(first.Peak, second.Peak), MegabytesBudget, "MB");
        Report.Verdict("  peak memory of the server", second.ServerPeak, MegabytesBudget, "MB");
    }

    internal static void Expect(int exitCode, (string Output, string Error, int ExitCode) run)
    {
        if (run.ExitCode != exitCode) throw new InvalidOperationException($"It ended with {run.ExitCode}: {run.Output}{run.Error}");
    }

    private static void Write(string list, int count)
    {
        var prefix = $"unit-{Convert.ToHexString(RandomNumberGenerator.GetBytes(6))}-";
        using var writer = new StreamWriter(list);
        foreach (var line in Enumerable.Range(0, count).AsParallel().AsOrdered().Select(i => Line(prefix + i))) writer.WriteLine(line);
    }

    private static string Line(string deviceId)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest($"CN={deviceId}", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        return JsonSerializer.Serialize(new { deviceId, csr = Convert.ToBase64String(csr) });
    }

    // Each unit once, and no serial number twice.
    private static void CheckResults(string results, int units)
    {
        var (devices, serials) = (new HashSet<string>(), new HashSet<string>());
        foreach (var line in File.ReadLines(results))
        {
            using var result = JsonDocument.Parse(line);
            if (!devices.Add(result.RootElement.GetProperty("deviceId").GetString()!)) throw new InvalidOperationException($"Twice: {line}");
            if (!serials.Add(result.RootElement.GetProperty("serialNumber").GetString()!)) throw new InvalidOperationException($"Twice: {line}");
        }

        if (devices.Count != units) throw new InvalidOperationException($"There are results of {devices.Count} units.");
        Report.Line("results", Report.Text($"{devices.Count} units, {serials.Count} serial numbers"));
    }
}
