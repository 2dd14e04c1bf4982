namespace Provisioning.Benchmarks;

/// <summary>Many callers at once.</summary>
internal static class Load
{
    private const int Callers = 32;

    internal static Task RunAsync<T>(IEnumerable<T> items, Func<T, Task> work) => Parallel.ForEachAsync(
        items, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (item, _) => await work(item));

    internal static async Task<TResult[]> MapAsync<T, TResult>(T[] items, Func<T, Task<TResult>> work)
    {
        var results = new TResult[items.Length];
        await RunAsync(Enumerable.Range(0, items.Length), async i => results[i] = await work(items[i]));
        return results;
    }
}
