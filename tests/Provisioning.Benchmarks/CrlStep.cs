using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Revocation;

namespace Provisioning.Benchmarks;

/// <summary>
/// Publishes the CRL of a data directory once, with those of all its shards, in a fresh process, and prints seconds, seconds of CPU, and
/// peak MB.
/// </summary>
internal static class CrlStep
{
    internal const string Verb = "crl-step";

    internal static async Task<int> RunAsync(string directory, string shards)
    {
        await using var opened = await TemporaryInstance.OpenAsync(directory, int.Parse(shards, CultureInfo.InvariantCulture));
        var (instance, time, issuing) = (opened.Instance, TimeProvider.System, opened.Authorities.Issuing);
        using var publisher = new CrlPublisher(
            instance.Database.Crls, new PublishedCrls(instance.Crl, time), instance.Crl, instance.Clock, time,
            NullLogger<CrlPublisher>.Instance);
        var declared = await instance.Database.Crls.ReadShardsAsync(issuing.Name, default);

        using var process = Process.GetCurrentProcess();
        var (started, cpu) = (Stopwatch.GetTimestamp(), Cost.Time(process));
        await Task.WhenAll(declared.Select(shard => publisher.PublishAsync(issuing, new CrlName(shard.Scope), default)));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var used = (Cost.Time(process) - cpu).TotalSeconds;
        process.Refresh();
        Console.WriteLine(Report.Text($"{seconds} {used} {process.PeakWorkingSet64 / 1e6}"));
        return 0;
    }
}
