using System.Diagnostics;

namespace Provisioning.Tests.Server;

/// <summary>
/// What a request that is refused may cost: 50 ms, 10 ms of a processor, 1 MiB. The whole process is measured, client and server, so
/// it is for tests that run alone; and the least of several tries counts, because a machine has other work.
/// </summary>
internal readonly record struct RequestCost(TimeSpan Wall, TimeSpan Processor, long Octets)
{
    private const int Tries = 10;
    private const long MaxOctets = 1 << 20;
    private static readonly TimeSpan MaxWall = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxProcessor = TimeSpan.FromMilliseconds(10);

    internal bool IsCheap => Wall <= MaxWall && Processor <= MaxProcessor && Octets <= MaxOctets;

    /// <summary>Asks until it was cheap, or often enough.</summary>
    /// <param name="prepare">Done before each try, and not measured: it leaves a connection that is open.</param>
    /// <param name="ask">What is measured.</param>
    /// <param name="check">Looks at the answer.</param>
    internal static async Task<RequestCost> LeastAsync<T>(Func<Task> prepare, Func<Task<T>> ask, Func<T, Task> check)
    {
        var least = new RequestCost(TimeSpan.MaxValue, TimeSpan.MaxValue, long.MaxValue);
        for (var i = 0; i < Tries && !least.IsCheap; i++)
        {
            await prepare();
            var (at, processor, octets) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
            var answer = await ask();
            least = least.Or(new RequestCost(
                Stopwatch.GetElapsedTime(at), Environment.CpuUsage.TotalTime - processor, GC.GetTotalAllocatedBytes(precise: true) - octets));
            await check(answer);
        }

        return least;
    }

    private RequestCost Or(RequestCost other) => new(
        Wall < other.Wall ? Wall : other.Wall,
        Processor < other.Processor ? Processor : other.Processor,
        Math.Min(Octets, other.Octets));
}
