using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;

namespace Provisioning.Core.Expiry;

/// <summary>
/// Looks from time to time at what ends: says once of each device that it is late with its renewal, and of each authority that it comes to
/// its end, and keeps the counts for the metrics.
/// </summary>
/// <param name="store">What ends, and what was said.</param>
/// <param name="windows">When devices should renew.</param>
/// <param name="profiles">How long certificates can be late.</param>
/// <param name="authorities">Ours.</param>
/// <param name="clock">Dates what goes on record; nothing is said by a clock that is not to be believed.</param>
/// <param name="logger">The log.</param>
public sealed partial class ExpiryWatch(
    IExpiryStore store,
    RenewalWindows windows,
    ProfileCatalog profiles,
    AuthorityDirectory authorities,
    ClockGuard clock,
    ILogger<ExpiryWatch> logger)
{
    // A transaction of so many is as short as any other.
    private const int Piece = 200;

    // What is left of an authority's life, in percent, when that is said.
    private static readonly int[] Thresholds = [5, 10, 25];

    // How long a device may take after its window to show what it was given in it.
    private static readonly TimeSpan ToShow = TimeSpan.FromDays(1);

    private volatile ExpiryCounts? _counts;

    /// <summary>What the last look has counted; null before the first.</summary>
    public ExpiryCounts? Counts => _counts;

    /// <summary>Looks.</summary>
    /// <param name="ct">Stops; the next time goes on.</param>
    /// <returns>How many devices were found late that were not before.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; the next time goes on.</exception>
    public async Task<int> LookAsync(CancellationToken ct)
    {
        if (!clock.Now().TryGet(out var now, out _)) return 0;
        foreach (var authority in authorities.All) await LookAtAsync(authority, now, ct);

        var counts = new ExpiryCounts(now);
        var late = new List<SerialNumber>(Piece);
        var all = 0;
        await foreach (var one in store.ReadWatchedAsync(now, now + ExpiryCounts.Horizon, 1 - profiles.EarliestRenewBefore, ct))
        {
            var window = windows.TryOf(one.Certificate);
            var outlook = one.Judge(window, now, silentFor: null);
            counts.Add(one.Certificate.NotAfter, outlook);
            if (one.IsNoted || window is not { } due || now < WhenLate(one, due)) continue;
            late.Add(one.Certificate.SerialNumber);
            if (late.Count < Piece) continue;
            all += await store.NoteLateAsync(late, now, ct);
            late.Clear();
        }

        if (late.Count > 0) all += await store.NoteLateAsync(late, now, ct);
        _counts = counts;
        return all;
    }

    // Who was given the next certificate has time to show it; who never does has not got it, or cannot use it.
    private static DateTimeOffset WhenLate(ExpiringCertificate one, RenewalWindow due)
    {
        if (!one.IsRenewed) return due.Before;
        var rest = (one.Certificate.NotAfter - due.Before) / 2;
        return due.Before + (rest < ToShow ? rest : ToShow);
    }

    private async Task LookAtAsync(Authority authority, DateTimeOffset now, CancellationToken ct)
    {
        var left = (authority.NotAfter - now) / (authority.NotAfter - authority.NotBefore) * 100;
        if (Thresholds.FirstOrDefault(threshold => left <= threshold) is not (> 0 and var percent)) return;
        if (await store.NoteAuthorityAsync(authority.Name, authority.Thumbprint, percent, authority.NotAfter, now, ct))
            Log.AuthorityEnds(logger, authority.Name, percent, authority.NotAfter);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message =
            "Less than {Percent} % of the life of the authority '{Authority}' is left: it ends at {NotAfter:u}, and no certificate outlives it.")]
        public static partial void AuthorityEnds(ILogger logger, string authority, int percent, DateTimeOffset notAfter);
    }
}
