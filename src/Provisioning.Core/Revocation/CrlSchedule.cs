using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Keeps the CRLs of all authorities fresh: one at the start, one every <see cref="CrlOptions.RefreshEvery"/>, one
/// <see cref="CrlOptions.Delay"/> after a revocation. The authorities do not wait for each other.
/// </summary>
/// <param name="authorities">Whose CRLs.</param>
/// <param name="publisher">Makes them.</param>
/// <param name="published">Where they are.</param>
/// <param name="signal">Says that something was revoked.</param>
/// <param name="options">How often.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class CrlSchedule(
    AuthorityDirectory authorities,
    CrlPublisher publisher,
    PublishedCrls published,
    CrlSignal signal,
    CrlOptions options,
    TimeProvider time,
    ILogger<CrlSchedule> logger)
{
    // How often the clock and the files are looked at: timers do not run while a machine sleeps, and people move files.
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(1);

    // So low that a revocation is still in the CRL within a minute when the database comes back after a short absence.
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(15);

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="ct">Stops it.</param>
    /// <returns>Ends with <see cref="OperationCanceledException"/>, or with the exception of a defect.</returns>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var authority in authorities.All) Load(authority);
        var loops = authorities.All.Select(authority => RunAsync(authority, ct)).ToArray();

        // Not WhenAll: when one of them ends by a defect, that must be heard now and not when the others end.
        await foreach (var ended in Task.WhenEach(loops)) await ended;
    }

    private async Task RunAsync(Authority authority, CancellationToken ct)
    {
        var failures = 0;
        while (true)
        {
            signal.Clear(authority.Name);
            failures = await TryPublishAsync(authority, failures, ct) ? 0 : failures + 1;
            if (failures > 0)
                await Task.Delay(BackOff(failures), time, ct);
            else
                await NextAsync(authority, ct);
        }
    }

    // Ends when the CRL has to be made anew.
    private async Task NextAsync(Authority authority, CancellationToken ct)
    {
        var made = time.GetTimestamp();
        do
        {
            if (!await signal.WaitAsync(authority.Name, Tick, time, ct)) continue;

            // From the first signal on, not from the last: a stream of revocations must not put the CRL off for ever.
            await Task.Delay(options.Delay, time, ct);
            return;
        }
        while (!IsDue(authority, made));
    }

    private bool IsDue(Authority authority, long made) =>
        authority.Key is null // A look at the file that an operator may have brought.
        || !published.Exists(authority)
        || time.GetElapsedTime(made) >= options.RefreshEvery
        || time.GetUtcNow() >= published.Find(authority.Name)?.ThisUpdate + options.RefreshEvery;

    private async Task<bool> TryPublishAsync(Authority authority, int failures, CancellationToken ct)
    {
        try
        {
            _ = await publisher.PublishAsync(authority, ct);
            return true;
        }
        catch (Exception e) when (
            e is StorageUnavailableException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            // The database, the disk or the key cannot do it now; later they may, and the old CRL is still served.
            RevocationMetrics.Failed(authority.Name);
            Log.Failed(logger, e, authority.Name, failures + 1, BackOff(failures + 1).TotalSeconds);
            return false;
        }
    }

    private void Load(Authority authority)
    {
        try
        {
            if (published.Load(authority) is null) Log.Missing(logger, authority.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Unreadable is as good as missing: a new one is made at once.
            Log.Unreadable(logger, e, authority.Name);
        }
    }

    private static TimeSpan BackOff(int failures)
    {
        var seconds = TimeSpan.FromSeconds(1 << Math.Min(failures - 1, 4));
        return seconds < LongestBackOff ? seconds : LongestBackOff;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
            "There is no CRL of authority '{Authority}' yet that it has signed.")]
        public static partial void Missing(ILogger logger, string authority);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message =
            "The CRL of authority '{Authority}' could not be read; a new one is made.")]
        public static partial void Unreadable(ILogger logger, Exception exception, string authority);

        [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message =
            "The CRL of authority '{Authority}' could not be made ({Failures} times in a row); the old one stays, "
            + "the next try is in {Seconds} s.")]
        public static partial void Failed(
            ILogger logger, Exception exception, string authority, int failures, double seconds);
    }
}
