using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Keeps the CRLs of all authorities fresh: one at the start, one every <see cref="CrlOptions.RefreshEvery"/>, one
/// <see cref="CrlOptions.Delay"/> after a revocation. Neither authorities nor shards wait for each other.
/// </summary>
/// <param name="authorities">Whose CRLs.</param>
/// <param name="publisher">Makes them.</param>
/// <param name="published">Where they are.</param>
/// <param name="store">The shards that there are, and what was revoked since.</param>
/// <param name="signal">Says that something was revoked.</param>
/// <param name="options">How often.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class CrlSchedule(
    AuthorityDirectory authorities,
    CrlPublisher publisher,
    PublishedCrls published,
    ICrlStore store,
    CrlSignal signal,
    CrlOptions options,
    TimeProvider time,
    ILogger<CrlSchedule> logger)
{
    // How often the clock, the files and the record are looked at: timers do not run while a machine sleeps, people move files, and a signal
    // may have got lost with the answer of the database.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(20);

    // How often it is looked at what other nodes have made and revoked.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    // How often other nodes are asked for shards that are new.
    private static readonly TimeSpan Discovery = TimeSpan.FromMinutes(5);

    // A node with another configuration may take a shard up again.
    private static readonly TimeSpan OverFor = TimeSpan.FromDays(1);

    // So low that a revocation is still in the CRL within a minute when the database comes back after a short absence.
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly SemaphoreSlim Looking = new(1, 1);

    private TimeSpan Patience => store.KeepsOctets ? Look : Tick;

    /// <summary>
    /// Shows what other nodes have made while this one was away, before anybody is let in: whoever has seen theirs must not see an older
    /// one here. What cannot be had now comes later.
    /// </summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>At once where there are no other nodes.</returns>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        if (!store.KeepsOctets) return;
        try
        {
            foreach (var authority in authorities.All.Where(authority => authority.Key is not null))
            {
                var shards = (await store.ReadShardsAsync(authority.Name, ct)).Select(shard => shard.Scope);
                foreach (var scope in shards.Append(new CrlScope(authority.Name)).Distinct())
                {
                    Load(authority, scope);
                    await publisher.TakeAsync(new CrlName(scope), ct);
                    if (options.HasDeltas) await publisher.TakeAsync(new CrlName(scope, IsDelta: true), ct);
                }
            }
        }
        catch (Exception e) when (e is StorageUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Log.Behind(logger, e);
        }
    }

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="ct">Stops it.</param>
    /// <returns>Ends with <see cref="OperationCanceledException"/>, or with the exception of a defect.</returns>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var authority in authorities.All) Load(authority, new CrlScope(authority.Name));
        var loops = authorities.All
            .SelectMany(authority => (Task[])[RunAsync(authority, new CrlScope(authority.Name), ct), RunShardsAsync(authority, ct)])
            .ToArray();

        // Not WhenAll: when one of them ends by a defect, that must be heard now and not when the others end.
        await foreach (var ended in Task.WhenEach(loops)) await ended;
    }

    // The shards are known from the registry: those of today's configuration, and all that certificates were ever assigned to.
    private async Task RunShardsAsync(Authority authority, CancellationToken ct)
    {
        var loops = new Dictionary<CrlScope, Task>();
        while (authority.Key is not null)
        {
            var isKnown = await TryStartAsync(authority, loops, ct);
            var pause = !isKnown ? Task.Delay(Look, time, ct)
                : store.KeepsOctets ? Task.Delay(Discovery, time, ct)
                : Task.Delay(Timeout.Infinite, ct);
            await await Task.WhenAny([.. loops.Values, pause]);
        }
    }

    private async Task<bool> TryStartAsync(Authority authority, Dictionary<CrlScope, Task> loops, CancellationToken ct)
    {
        try
        {
            foreach (var shard in await store.ReadShardsAsync(authority.Name, ct))
            {
                if (shard.Scope.Shard == 0 || loops.ContainsKey(shard.Scope)) continue;
                Load(authority, shard.Scope);
                loops.Add(shard.Scope, RunAsync(authority, shard.Scope, ct));
            }

            return true;
        }
        catch (StorageUnavailableException)
        {
            // Soon again. What was published before is served meanwhile.
            return false;
        }
    }

    private async Task RunAsync(Authority authority, CrlScope scope, CancellationToken ct)
    {
        var failures = 0;
        var wake = CrlWake.Start;
        var made = (Complete: time.GetTimestamp(), Delta: time.GetTimestamp());
        while (true)
        {
            if (!signal.Clear(scope) && wake is CrlWake.Signal) wake = CrlWake.Look;
            var result = await TryAsync(authority, scope, wake, failures, ct);
            failures = result is CrlStep.Failed ? failures + 1 : 0;
            if (result is CrlStep.Complete) made = (time.GetTimestamp(), time.GetTimestamp());
            if (result is CrlStep.Delta) made.Delta = time.GetTimestamp();
            switch (result)
            {
                case CrlStep.Failed:
                    await Task.Delay(BackOff(failures), time, ct);
                    break;
                case CrlStep.Busy:
                    // Another node is at it: its CRL may be from before what this one was asked for.
                    await Task.Delay(Second, time, ct);
                    wake = wake is CrlWake.Start ? wake : CrlWake.Look;
                    break;
                case CrlStep.Over:
                    await Task.Delay(OverFor, time, ct);
                    break;
                default:
                    wake = await NextAsync(authority, scope, made.Complete, made.Delta, ct);
                    break;
            }
        }
    }

    // Ends when there may be something to do.
    private async Task<CrlWake> NextAsync(Authority authority, CrlScope scope, long complete, long delta, CancellationToken ct)
    {
        if (await signal.WaitAsync(scope, Patience, time, ct))
        {
            // From the first signal on, not from the last: a stream of revocations must not put the CRL off for ever.
            await Task.Delay(options.Delay, time, ct);
            return CrlWake.Signal;
        }

        if (authority.Key is null || IsDue(new CrlName(scope), complete, options.RefreshEvery)) return CrlWake.CompleteIsDue;
        return options.HasDeltas && IsDue(new CrlName(scope, IsDelta: true), delta, options.DeltaEvery) ? CrlWake.DeltaIsDue : CrlWake.Look;
    }

    private bool IsDue(CrlName name, long made, TimeSpan every) =>
        !published.Exists(name)
        || time.GetElapsedTime(made) >= every
        || time.GetUtcNow() >= published.Find(name)?.ThisUpdate + every;

    private async Task<CrlStep> TryAsync(Authority authority, CrlScope scope, CrlWake wake, int failures, CancellationToken ct)
    {
        try
        {
            return await StepAsync(authority, scope, wake, ct);
        }
        catch (Exception e) when (
            e is StorageUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            // The database, the disk or the key cannot do it now; later they may, and the old CRL is still served. Or what is on record of this
            // CRL is damaged: that keeps no other from being made.
            RevocationMetrics.Failed(new CrlName(scope));
            Log.Failed(logger, e, scope, failures + 1, BackOff(failures + 1).TotalSeconds);
            return CrlStep.Failed;
        }
    }

    private async Task<CrlStep> StepAsync(Authority authority, CrlScope scope, CrlWake wake, CancellationToken ct)
    {
        var complete = new CrlName(scope);
        var delta = new CrlName(scope, IsDelta: true);
        if (authority.Key is null)
        {
            _ = await publisher.PublishAsync(authority, complete, ct);
            return CrlStep.Complete;
        }

        var hasTaken = await publisher.TakeAsync(complete, ct);
        if (options.HasDeltas) hasTaken |= await publisher.TakeAsync(delta, ct);
        if (wake is CrlWake.Start or CrlWake.CompleteIsDue && scope.Shard != 0 && await IsOverAsync(scope, ct)) return CrlStep.Over;
        if (wake is CrlWake.Start && options.HasDeltas) published.Expect(delta);
        if (await DecideAsync(scope, wake, ct) is not { } name) return hasTaken ? CrlStep.Complete : CrlStep.Nothing;
        if (await publisher.PublishAsync(authority, name, ct) is not { } status) return CrlStep.Busy;
        if (status.BaseNumber is not null || !options.HasDeltas) return name.IsDelta ? CrlStep.Delta : CrlStep.Complete;

        // A delta with a lower number than the complete CRL beside it is of no use to anybody who has that.
        return await publisher.PublishAsync(authority, delta, ct) is null ? CrlStep.Busy : CrlStep.Complete;
    }

    private async Task<CrlName?> DecideAsync(CrlScope scope, CrlWake wake, CancellationToken ct)
    {
        var complete = new CrlName(scope);
        switch (wake)
        {
            // The key of an authority is judged by the signature that every start makes; one is enough.
            case CrlWake.Start when scope.Shard == 0: return complete;
            case CrlWake.Signal when scope.Shard == 0: return new CrlName(scope, options.HasDeltas);
            case CrlWake.CompleteIsDue: return complete;
            case CrlWake.DeltaIsDue: return new CrlName(scope, options.HasDeltas);
            case CrlWake.Start when IsDue(complete, time.GetTimestamp(), options.RefreshEvery): return complete;
            default: return await publisher.FindBehindAsync(scope, ct);
        }
    }

    // A shard that gets no more certificates is over when the last one has expired, and was on a CRL from after that.
    private async Task<bool> IsOverAsync(CrlScope scope, CancellationToken ct)
    {
        var complete = new CrlName(scope);
        published.Expect(complete);
        if (scope.Shard <= options.Addresses.CrlShards && options.Addresses.CrlShards > 1) return false;
        var shown = published.Find(complete)?.ThisUpdate ?? time.GetUtcNow();
        if (await HasUnexpiredAsync(scope, shown - options.Lifetime, ct)) return false;
        published.Retire(complete);
        published.Retire(new CrlName(scope, IsDelta: true));
        Log.Over(logger, scope);
        return true;
    }

    // One shard after the other: all of them look at the start. Who cannot tell makes the CRL, which is never wrong.
    private async Task<bool> HasUnexpiredAsync(CrlScope scope, DateTimeOffset since, CancellationToken ct)
    {
        await Looking.WaitAsync(ct);
        try
        {
            return await store.HasUnexpiredAsync(scope, since, ct);
        }
        catch (StorageUnavailableException)
        {
            return true;
        }
        finally
        {
            Looking.Release();
        }
    }

    private void Load(Authority authority, CrlScope scope)
    {
        foreach (var name in (CrlName[])[new CrlName(scope), new CrlName(scope, IsDelta: true)])
        {
            if (name.IsDelta && !options.HasDeltas) continue;
            try
            {
                if (published.Load(authority, name) is null) Log.Missing(logger, name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // Unreadable is as good as missing: a new one is made at once.
                Log.Unreadable(logger, e, name);
            }
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
            "There is no CRL of '{Name}' yet that its authority has signed.")]
        public static partial void Missing(ILogger logger, CrlName name);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message =
            "The CRL of '{Name}' could not be read; a new one is made.")]
        public static partial void Unreadable(ILogger logger, Exception exception, CrlName name);

        [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message =
            "The CRL of '{Scope}' could not be made ({Failures} times in a row); the old one stays, "
            + "the next try is in {Seconds} s.")]
        public static partial void Failed(
            ILogger logger, Exception exception, CrlScope scope, int failures, double seconds);

        [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message =
            "The CRLs that other nodes have made could not be taken at the start; they come later.")]
        public static partial void Behind(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message =
            "All certificates of the shard '{Scope}' have expired; its CRL is not made any more.")]
        public static partial void Over(ILogger logger, CrlScope scope);
    }
}
