using System.Diagnostics;

namespace Provisioning.Tests;

/// <summary>
/// Measures in a way that a busy machine does not spoil: what a thread has used and not what has passed, and of several runs the
/// best, because a run is only ever made dearer by others.
/// </summary>
internal static class Measured
{
    /// <summary>The processor time of this thread so far; elsewhere than on Linux the time that has passed.</summary>
    internal static TimeSpan ThreadTime()
    {
        const string Schedule = "/proc/thread-self/schedstat";
        return File.Exists(Schedule)
            ? TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(Schedule).Split(' ')[0], null) / 1000.0)
            : Stopwatch.GetElapsedTime(0);
    }

    /// <summary>The processor time of one run on this thread: the least of so many, or the first that is within the limit.</summary>
    internal static TimeSpan LeastThreadTime(int runs, TimeSpan limit, Action run)
    {
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < runs && least > limit; i++)
        {
            var before = ThreadTime();
            run();
            var spent = ThreadTime() - before;
            least = spent < least ? spent : least;
        }

        return least;
    }

    /// <summary>How long something took that waits for others: the least of so many, or the first that is within the limit.</summary>
    internal static async Task<TimeSpan> LeastWaitAsync(int runs, TimeSpan limit, Func<Task> run)
    {
        var least = TimeSpan.MaxValue;
        for (var i = 0; i < runs && least > limit; i++)
        {
            var watch = Stopwatch.StartNew();
            await run();
            least = watch.Elapsed < least ? watch.Elapsed : least;
        }

        return least;
    }
}
