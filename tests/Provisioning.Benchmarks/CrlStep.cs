using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Revocation;

namespace Provisioning.Benchmarks;

/// <summary>Publishes the CRL of a data directory once, in a fresh process, and prints seconds, seconds of CPU, and peak MB.</summary>
internal static class CrlStep
{
    internal const string Verb = "crl-step";

    internal static async Task<int> RunAsync(string directory)
    {
        await using var opened = await TemporaryInstance.OpenAsync(directory);
        var (instance, time) = (opened.Instance, TimeProvider.System);
        var publisher = new CrlPublisher(
            instance.Database.Revocations, new PublishedCrls(instance.Crl, time), instance.Crl, instance.Clock, time,
            NullLogger<CrlPublisher>.Instance);

        using var process = Process.GetCurrentProcess();
        var (started, cpu) = (Stopwatch.GetTimestamp(), Cost.Time(process));
        _ = await publisher.PublishAsync(opened.Authorities.Issuing, default);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var used = (Cost.Time(process) - cpu).TotalSeconds;
        Console.WriteLine(Report.Text($"{seconds} {used} {process.PeakWorkingSet64 / 1e6}"));
        return 0;
    }
}
