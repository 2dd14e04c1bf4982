namespace Provisioning.Benchmarks;

/// <summary>Many callers at once.</summary>
internal static class Load
{
    private const int Callers = 32;
    private const int WarmUpRounds = 6;

    /// <summary>
    /// Does the same work beforehand, in rounds: the compiler in the background looks at what was hot only when it is
    /// quiet for a moment, and some methods become hot only when others were compiled.
    /// </summary>
    /// <param name="work">Does a number of operations, and nothing that is kept.</param>
    /// <param name="operations">How many in a round.</param>
    internal static async Task WarmUpAsync(Func<int, Task> work, int operations = 1_000)
    {
        for (var round = 0; round < WarmUpRounds; round++)
        {
            await work(operations);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    internal static Task RunAsync<T>(IEnumerable<T> items, Func<T, Task> work) => Parallel.ForEachAsync(
        items, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (item, _) => await work(item));

    internal static async Task<TResult[]> MapAsync<T, TResult>(T[] items, Func<T, Task<TResult>> work)
    {
        var results = new TResult[items.Length];
        await RunAsync(Enumerable.Range(0, items.Length), async i => results[i] = await work(items[i]));
        return results;
    }
}
