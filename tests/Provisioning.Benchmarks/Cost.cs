using System.Diagnostics;

namespace Provisioning.Benchmarks;

/// <summary>What a number of equal operations cost a process: its user and system time, without what it takes when idle.</summary>
internal sealed record Cost(int Operations, TimeSpan Cpu, TimeSpan Wall)
{
    private const int Windows = 20;
    private const double Quiet = 0.03;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);

    internal double Microseconds => Cpu.TotalMicroseconds / Operations;

    internal double PerSecond => Operations / Wall.TotalSeconds;

    public static Cost operator +(Cost one, Cost other) =>
        new(one.Operations + other.Operations, one.Cpu + other.Cpu, one.Wall + other.Wall);

    /// <summary>Measures; the process should have done the same work before, so that its code is compiled.</summary>
    internal static async Task<Cost> MeasureAsync(Process process, int operations, Func<Task> work)
    {
        var idle = await SettleAsync(process);
        var before = Time(process);
        var started = Stopwatch.GetTimestamp();
        await work();
        var wall = Stopwatch.GetElapsedTime(started);
        return new Cost(operations, Time(process) - before - (wall * idle), wall);
    }

    internal static TimeSpan Time(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    // Until the compiler in the background is done with what the warm-up has made hot. Returns the smallest share of a
    // processor that the process was seen to take without work.
    private static async Task<double> SettleAsync(Process process)
    {
        var smallest = 1.0;
        for (var i = 0; i < Windows && smallest > Quiet; i++)
        {
            var before = Time(process);
            await Task.Delay(Window);
            smallest = Math.Min(smallest, (Time(process) - before) / Window);
        }

        return smallest;
    }
}
