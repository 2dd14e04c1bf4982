using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Expiry;

/// <summary>Tells what expires when, and which devices will not have renewed by then.</summary>
/// <param name="store">What ends.</param>
/// <param name="windows">When devices should renew.</param>
/// <param name="time">The clock.</param>
public sealed class ForecastService(IExpiryStore store, RenewalWindows windows, TimeProvider time) : IDisposable
{
    // Each may read the rows of a whole fleet.
    private readonly SemaphoreSlim _few = new(2);

    /// <summary>Counts, by day and group.</summary>
    /// <param name="query">Of what.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The days on which something ends, in their order, and of each the groups in the order of their names.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot be read now.</exception>
    public async Task<IReadOnlyList<ForecastDay>> CountAsync(ForecastQuery query, CancellationToken ct)
    {
        var days = new SortedDictionary<(DateOnly Day, string Group), ForecastDay>(Comparer<(DateOnly Day, string Group)>.Create(
            static (one, other) => one.Day != other.Day ? one.Day.CompareTo(other.Day) : string.CompareOrdinal(one.Group, other.Group)));
        await _few.WaitAsync(ct);
        try
        {
            var now = time.GetUtcNow();
            await foreach (var one in store.ReadExpiringAsync(now, EndOf(query, now), query.Group, null, ct))
            {
                var key = (DateOnly.FromDateTime(one.Certificate.NotAfter.UtcDateTime), one.Certificate.Group ?? EnrollmentGroup.DefaultName);
                var day = days.TryGetValue(key, out var known) ? known : new ForecastDay(key.Item1, key.Item2, 0, 0, 0, 0);
                days[key] = day.With(one.Judge(windows.TryOf(one.Certificate), now, query.SilentFor));
            }
        }
        finally
        {
            _few.Release();
        }

        return [.. days.Values];
    }

    /// <summary>Lists what is counted, soonest first.</summary>
    /// <param name="query">Of what.</param>
    /// <param name="outlook">Only those; null for all.</param>
    /// <param name="limit">Rows, 1 to 500.</param>
    /// <param name="cursor">The cursor that the page before gave, or null for the first.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot be read now.</exception>
    public async Task<Page<ForecastEntry>> ListAsync(
        ForecastQuery query, Outlook? outlook, int limit, Cursor? cursor, CancellationToken ct)
    {
        var items = new List<ForecastEntry>(limit);
        await _few.WaitAsync(ct);
        try
        {
            var now = time.GetUtcNow();
            await foreach (var one in store.ReadExpiringAsync(now, EndOf(query, now), query.Group, cursor, ct))
            {
                var window = windows.TryOf(one.Certificate);
                var entry = new ForecastEntry(one.Certificate, window, one.Judge(window, now, query.SilentFor));
                if (outlook is not null && entry.Outlook != outlook) continue;
                if (items.Count == limit) return new Page<ForecastEntry>(items, CursorOf(items[^1].Certificate));
                items.Add(entry);
            }
        }
        finally
        {
            _few.Release();
        }

        return new Page<ForecastEntry>(items, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _few.Dispose();

    private static Cursor CursorOf(CertificateRecord last) => new(last.NotAfter.ToUnixTimeMilliseconds(), last.SerialNumber.ToString());

    // Whole days, today among them.
    private static DateTimeOffset EndOf(ForecastQuery query, DateTimeOffset now) =>
        new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(query.Days);
}
