using Provisioning.Benchmarks;

// One step of the benchmark of CRLs runs as a process of its own, because its memory is measured.
if (args is [CrlStep.Verb, var directory, var shards]) return await CrlStep.RunAsync(directory, shards);

var all = new Dictionary<string, Func<int?, Task>>
{
    ["issue"] = IssueBenchmark.RunAsync,
    ["rest"] = RestBenchmark.EnrollAsync,
    ["est"] = EstBenchmark.RunAsync,
    ["renew"] = RestBenchmark.RenewAsync,
    ["handshake"] = HandshakeBenchmark.RunAsync,
    ["crl"] = CrlBenchmark.RunAsync,
    ["registry"] = RegistryBenchmark.RunAsync,
    ["batch"] = BatchBenchmark.RunAsync,
    ["import"] = ImportBenchmark.RunAsync,
    ["bulk-revoke"] = BulkRevokeBenchmark.RunAsync,
    ["ocsp"] = OcspBenchmark.RunAsync,
    ["outage"] = OutageBenchmark.RunAsync,
};

int? count = null;
var chosen = args.ToList();
if (chosen.IndexOf("--count") is >= 0 and var at)
{
    if (at + 1 == chosen.Count || !int.TryParse(chosen[at + 1], out var number) || number < 1) return Usage();
    count = number;
    chosen.RemoveRange(at, 2);
}

if (chosen.Exists(name => !all.ContainsKey(name))) return Usage();
using var watched = CutShort.Watch();
await Report.MachineAsync();
foreach (var name in chosen.Count == 0 ? [.. all.Keys] : chosen) await all[name](count);
return Report.MissedBudgets == 0 ? 0 : 1;

int Usage()
{
    Console.Error.WriteLine($"Usage: [{string.Join('|', all.Keys)} …] [--count N]; without a name, all of them.");
    return 2;
}
