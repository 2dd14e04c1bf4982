using System.Collections.Concurrent;
using System.Diagnostics;

namespace Provisioning.Benchmarks;

/// <summary>What became of the attempts of a fleet, second by second.</summary>
internal sealed class OutageCurve
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<(int Second, Attempt Attempt), int> _counts = new();
    private long _started;

    /// <summary>How an attempt ended.</summary>
    internal enum Attempt
    {
        /// <summary>With a certificate.</summary>
        Renewed,

        /// <summary>With 503 and a time to come back.</summary>
        Later,

        /// <summary>Without an answer: not let in, or cut off.</summary>
        Closed,

        /// <summary>Without an answer in the time that a device waits.</summary>
        TimedOut,
    }

    internal void Start() => _started = Stopwatch.GetTimestamp();

    internal void Count(Attempt attempt) =>
        _counts.AddOrUpdate(((int)(Stopwatch.GetElapsedTime(_started) / Step), attempt), 1, static (_, count) => count + 1);

    internal int Total(Attempt attempt) => _counts.Where(one => one.Key.Attempt == attempt).Sum(one => one.Value);

    /// <summary>Says how far it is, and how busy both sides were since the last time (100 is one processor), until it is told to stop.</summary>
    internal async Task WatchAsync(int all, Process server, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(15));
        var (served, asked, at) = (Cost.Time(server), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                var (ofServer, ofDevices, took) = (Cost.Time(server) - served, Environment.CpuUsage.TotalTime - asked, Stopwatch.GetElapsedTime(at));
                (served, asked, at) = (served + ofServer, asked + ofDevices, Stopwatch.GetTimestamp());
                await Console.Error.WriteLineAsync(
                    $"  {Stopwatch.GetElapsedTime(_started).TotalSeconds:F0} s: {Total(Attempt.Renewed)} of {all} renewed, {Total(Attempt.Later)} later, "
                    + $"{Total(Attempt.Closed)} closed, {Total(Attempt.TimedOut)} timed out; server {100 * ofServer / took:F0} %, devices {100 * ofDevices / took:F0} %, "
                    + $"server holds {server.WorkingSet64 >> 20} MB");
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Prints it in so many rows, and one for the last hundredth of the devices, which chance has sent far away.</summary>
    internal void Print(int rows)
    {
        var end = _counts.Keys.Max(one => one.Second) + 1;
        var most = SecondOf(0.99) + 1;
        var width = (most + rows - 1) / rows;
        Report.Line("from second", "renewed  503  closed  timed out   (each a second)");
        for (var from = 0; from < most; from += width) PrintRow(from, Math.Min(width, most - from));
        if (most < end) PrintRow(most, end - most);
        Report.Line("renewed", Report.Text($"half after {SecondOf(0.5)} s, 90 % after {SecondOf(0.9)} s, 99 % after {SecondOf(0.99)} s"));
    }

    private void PrintRow(int from, int seconds)
    {
        var of = Enum.GetValues<Attempt>().Select(attempt => Sum(from, seconds, attempt) / (double)seconds).ToArray();
        Report.Line(Report.Text($"{from}"), Report.Text($"{of[0],7:F0} {of[1],4:F0} {of[2],7:F0} {of[3],10:F0}"));
    }

    // When so much of them was renewed.
    private int SecondOf(double part)
    {
        var left = part * Total(Attempt.Renewed);
        foreach (var second in _counts.Where(one => one.Key.Attempt == Attempt.Renewed).OrderBy(one => one.Key.Second))
            if ((left -= second.Value) <= 0) return second.Key.Second;
        return 0;
    }

    private int Sum(int from, int width, Attempt attempt) =>
        Enumerable.Range(from, width).Sum(second => _counts.GetValueOrDefault((second, attempt)));
}
