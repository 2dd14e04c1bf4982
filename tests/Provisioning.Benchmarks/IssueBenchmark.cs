using System.Diagnostics;
using System.Diagnostics.Metrics;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;

namespace Provisioning.Benchmarks;

/// <summary>Issuing without HTTP and TLS: decode, check, plan, reserve, sign, record, with the database durable.</summary>
internal static class IssueBenchmark
{
    private const int Callers = 64;
    private const int Default = 10_000;
    private const double Budget = 4.5;

    internal static async Task RunAsync(int? count)
    {
        var measured = Unit.Make(count ?? Default);
        Report.Title($"issue: {measured.Length} certificates in this process, {Callers} callers, SQLite with synchronous=FULL");
        using var folder = new TemporaryFolder();
        await using var opened = await TemporaryInstance.OpenAsync(folder.Path);
        var service = await opened.NewEnrollmentServiceAsync();
        await Load.WarmUpAsync(number => EnrollAsync(service, Unit.Make(number)));
        var (commits, operations) = (0, 0L);
        using var listener = ListenToCommits(size => (commits, operations) = (commits + 1, operations + size));
        using var process = Process.GetCurrentProcess();
        var (floor, (cost, allocated)) = await Floor.AroundAsync(async () =>
        {
            var before = GC.GetTotalAllocatedBytes();
            var cost = await Cost.MeasureAsync(process, measured.Length, () => EnrollAsync(service, measured));
            return (cost, GC.GetTotalAllocatedBytes() - before);
        });
        Report.Cost("one certificate", cost, floor, Budget);
        Report.Line("allocated", Report.Text($"{allocated / 1024.0 / measured.Length:F1} KB each"));
        Report.Line("commits", Report.Text($"{commits}, of {(double)operations / commits:F1} operations each"));
    }

    /// <summary>How many certificates a second are issued in this process, for others to be compared with.</summary>
    internal static async Task<double> RateAsync(int count)
    {
        var units = Unit.Make(count);
        using var folder = new TemporaryFolder();
        await using var opened = await TemporaryInstance.OpenAsync(folder.Path);
        var service = await opened.NewEnrollmentServiceAsync();
        await Load.WarmUpAsync(number => EnrollAsync(service, Unit.Make(number)));
        var started = Stopwatch.GetTimestamp();
        await EnrollAsync(service, units);
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static Task EnrollAsync(EnrollmentService service, Unit[] units)
    {
        var caller = new Caller.Registrar("factory-line");
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < units.Length; i = Interlocked.Increment(ref next))
            {
                var outcome = await service.EnrollAsync(caller, new EnrollmentRequest(units[i].DeviceId, units[i].Request));
                if (!outcome.TryGet(out var _, out var refusal)) throw new InvalidOperationException(refusal.ToString());
            }
        })));
    }

    // Recorded by the one thread that writes.
    private static MeterListener ListenToCommits(Action<int> committed)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == Database.MeterName && instrument is Histogram<int>)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, size, _, _) => committed(size));
        listener.Start();
        return listener;
    }
}
