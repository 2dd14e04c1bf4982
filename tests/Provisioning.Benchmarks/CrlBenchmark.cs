using System.Globalization;
using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>CRLs of growing length, made from the real database by a process of its own each time.</summary>
internal static class CrlBenchmark
{
    private const double SecondsBudget = 5;
    private const double MegabytesBudget = 300;

    internal static async Task RunAsync(int? count)
    {
        int[] lengths = count is { } one ? [one] : [10_000, 100_000, 1_000_000];
        Report.Title("crl: read from the registry, signed, written and renamed, each in a process of its own");
        using var folder = new TemporaryFolder();
        RegistryLoader? loader = null;
        foreach (var length in lengths)
        {
            await using (var opened = await TemporaryInstance.OpenAsync(folder.Path))
            {
                loader ??= new RegistryLoader(lengths[^1]);
                await loader.AddRevokedAsync(opened.Instance.Database, length);
            }

            var output = await Report.ReadAsync("dotnet", typeof(CrlBenchmark).Assembly.Location, CrlStep.Verb, folder.Path);
            var numbers = output.TrimEnd().Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
            var (seconds, cpu, megabytes) = (numbers[0], numbers[1], numbers[2]);
            var size = new FileInfo(Path.Combine(folder.Path, "crl", AuthorityDirectory.IssuingName + ".crl")).Length;
            Report.Line($"{length} entries", Report.Text($"{cpu:F2} s of CPU, {size / 1e6:F1} MB of CRL"));
            Report.Verdict("  time", seconds, SecondsBudget, "s");
            Report.Verdict("  peak memory of the process", megabytes, MegabytesBudget, "MB");
        }
    }
}
