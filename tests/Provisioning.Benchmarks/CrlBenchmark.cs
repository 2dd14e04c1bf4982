using System.Globalization;

namespace Provisioning.Benchmarks;

/// <summary>CRLs of growing length, and a long one in shards, made from the real database by a process of its own each time.</summary>
internal static class CrlBenchmark
{
    private const int Shards = 16;
    private const double SecondsBudget = 5;
    private const double MegabytesBudget = 300;

    // What is promised of a bulk revocation: all shards, and the full CRL beside them.
    private const double ShardedSecondsBudget = 120;
    private const double ShardedMegabytesBudget = 512;

    internal static async Task RunAsync(int? count)
    {
        int[] lengths = count is { } one ? [one] : [10_000, 100_000, 1_000_000];
        Report.Title("crl: read from the registry, signed, written and renamed, each in a process of its own");
        using (var folder = new TemporaryFolder())
        {
            var loader = new RegistryLoader(lengths[^1]);
            foreach (var length in lengths)
                await MeasureAsync(folder, loader, length, shards: 1, SecondsBudget, MegabytesBudget);
        }

        using var sharded = new TemporaryFolder();
        await MeasureAsync(
            sharded, new RegistryLoader(lengths[^1]) { Shards = Shards }, lengths[^1], Shards, ShardedSecondsBudget, ShardedMegabytesBudget);
    }

    private static async Task MeasureAsync(
        TemporaryFolder folder, RegistryLoader loader, int length, int shards, double secondsBudget, double megabytesBudget)
    {
        await using (var opened = await TemporaryInstance.OpenAsync(folder.Path, shards))
            await loader.AddRevokedAsync(opened.Instance.Database, length);

        var output = await Report.ReadAsync(
            "dotnet", typeof(CrlBenchmark).Assembly.Location, CrlStep.Verb, folder.Path, shards.ToString(CultureInfo.InvariantCulture));
        var numbers = output.TrimEnd().Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var (seconds, cpu, megabytes) = (numbers[0], numbers[1], numbers[2]);
        var files = new DirectoryInfo(Path.Combine(folder.Path, "crl")).GetFiles("issuing*.crl");
        Report.Line(
            $"{length} entries{(shards == 1 ? "" : $", in {shards} shards and a full CRL")}",
            Report.Text($"{cpu:F2} s of CPU, {files.Sum(file => file.Length) / 1e6:F1} MB in {files.Length} files"));
        Report.Verdict("  time", seconds, secondsBudget, "s");
        Report.Verdict("  peak memory of the process", megabytes, megabytesBudget, "MB");
    }
}
