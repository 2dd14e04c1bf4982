using Microsoft.Extensions.Logging;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>
/// Looks for RSA keys of devices that have a prime in common, among all that were ever certified: first the keys of new certificates
/// are collected, then each new key is compared with all before it. It goes on where the last run was, and takes half of one processor.
/// </summary>
/// <param name="store">What is known.</param>
/// <param name="clock">Dates the findings.</param>
/// <param name="time">Measures the pauses.</param>
/// <param name="logger">The log.</param>
public sealed partial class SharedPrimeSearch(
    IKeySearchStore store, ClockGuard clock, TimeProvider time, ILogger<SharedPrimeSearch> logger)
{
    // The larger the blocks, the faster: with 2048 a pair costs less than 2 µs, and the two trees take at most 25 MB of 4096-bit keys.
    private const int BlockSize = 2048;

    private const int EntriesAtOnce = 1000;

    /// <summary>Compares all that is new. Calls may not overlap.</summary>
    /// <param name="ct">Gives up; what is on record by then stays.</param>
    /// <returns>When it has come to the end.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; the next run goes on.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var position = await store.ReadPositionAsync(ct);
        var lost = await CollectAsync(position.Collected, ct);
        var unreadable = new HashSet<long>();
        await SearchAsync(position.Searched, unreadable, ct);
        if (lost + unreadable.Count > 0) Log.Lost(logger, lost, unreadable.Count);
    }

    private async Task<int> CollectAsync(long collected, CancellationToken ct)
    {
        for (var lost = 0; ;)
        {
            var issued = await store.ReadIssuedAsync(collected, EntriesAtOnce, ct);
            if (issued.Last == collected) return lost;
            lost += issued.Lost;
            var found = new List<RsaModulus>();
            foreach (var certificate in issued.Items)
            {
                if (!RsaKeys.TryRead(certificate, out var key)) lost++;
                else if (key is not null) found.Add(key);
            }

            await store.AddKeysAsync(found, issued.Last, ct);
            collected = issued.Last;
        }
    }

    private async Task SearchAsync(long searched, HashSet<long> unreadable, CancellationToken ct)
    {
        while (await store.ReadKeysAsync(searched, BlockSize, ct) is { Count: > 0 } keys)
        {
            var fresh = Readable(keys, unreadable);
            var block = await ComputeAsync(() => new SharedPrimes(fresh, ct), ct);
            await RecordAsync(await ComputeAsync(() => block.Within(ct), ct), ct);
            for (long after = 0; after < searched;)
            {
                // Read piece by piece: a statement that stays open for hours would keep the log of SQLite from being taken back.
                var before = await store.ReadKeysAsync(after, BlockSize, ct);
                after = before.Count == 0 ? searched : before[^1].Number;
                var known = Readable(before.Where(key => key.Number <= searched), unreadable);
                await RecordAsync(await ComputeAsync(() => block.With(known, ct), ct), ct);
            }

            searched = keys[^1].Number;
            await store.MarkSearchedAsync(searched, ct);
        }
    }

    // A modulus that is not what was certified could share a factor by chance with another one that is not.
    private static List<RsaModulus> Readable(IEnumerable<RsaModulus> keys, HashSet<long> unreadable)
    {
        var readable = new List<RsaModulus>();
        foreach (var key in keys)
        {
            if (RsaKeys.IsIntact(key)) readable.Add(key);
            else unreadable.Add(key.Number);
        }

        return readable;
    }

    private async Task RecordAsync(IReadOnlyList<SharedPrime> findings, CancellationToken ct)
    {
        foreach (var finding in findings)
        {
            var news = await store.RecordSharedPrimeAsync(finding, clock.LastBelieved(), ct);
            if (news == 0) continue;
            CoreMetrics.SharedPrimes(news);
            Log.Found(logger, finding.First.DeviceId, finding.Second.DeviceId);
        }
    }

    // On a thread of its own, because the pool's are there for requests; and after each piece a pause as long as the piece.
    private async Task<T> ComputeAsync<T>(Func<T> work, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        var result = await Task.Factory.StartNew(work, ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(time.GetElapsedTime(started), time, ct);
        return result;
    }

    private static partial class Log
    {
        [LoggerMessage(1601, LogLevel.Error,
            "RSA keys of the devices {First} and {Second} have a prime in common: whoever knows both certificates can compute both private "
            + "keys. The keys are blocked and the devices quarantined. Revoke their certificates, and look for the fault in how they make keys.")]
        internal static partial void Found(ILogger logger, string first, string second);

        [LoggerMessage(1602, LogLevel.Warning,
            "The search for shared primes went on without {Certificates} certificates and {Keys} keys that are lost or cannot be read. "
            + "The verb audit tells more.")]
        internal static partial void Lost(ILogger logger, int certificates, int keys);
    }
}
