using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Makes CRLs, by the steps of every other signature: read → plan → reserve → sign → record → show. One at a time for
/// each shard of an authority, on all nodes: a CRL that was read before another must not get the higher number.
/// </summary>
/// <param name="store">What is revoked, and the CRLs on record.</param>
/// <param name="published">Where they go.</param>
/// <param name="options">How they are made.</param>
/// <param name="clock">Says whether the clock may be believed.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class CrlPublisher(
    ICrlStore store,
    PublishedCrls published,
    CrlOptions options,
    ClockGuard clock,
    TimeProvider time,
    ILogger<CrlPublisher> logger) : IDisposable
{
    private const int Tries = 3;

    // A million entries take some seconds; and whoever was killed has everybody wait for so long at most.
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<CrlScope, SemaphoreSlim> _gates = [];
    private readonly ConcurrentDictionary<string, SuppliedCrl> _supplied = new(StringComparer.Ordinal);
    private readonly CrlPlanner _planner = new(store, options, time);
    private readonly CrlExchange _exchange = new(store, published, logger);

    // Each holds its entries in memory, and more at once than there are processors are ready no earlier.
    private readonly SemaphoreSlim _making = new(Math.Max(2, Environment.ProcessorCount));

    /// <summary>
    /// Makes and publishes the CRL of an authority without shards; for one whose key is not here, takes the one that an operator
    /// supplied, if it is newer.
    /// </summary>
    /// <param name="authority">Whose.</param>
    /// <param name="ct">Gives up; what was published before stays.</param>
    /// <returns>What is published now; null when the key is not here and nothing was ever supplied.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now, or others publish too.</exception>
    /// <exception cref="IOException">The file could not be written; the old one is untouched.</exception>
    /// <exception cref="CryptographicException">
    /// The key cannot be used now, because the clock has jumped ahead or for its own reasons; or it gave a bad signature.
    /// </exception>
    public Task<CrlStatus?> PublishAsync(Authority authority, CancellationToken ct) =>
        PublishAsync(authority, new CrlName(authority.Name), ct);

    /// <inheritdoc cref="PublishAsync(Authority, CancellationToken)"/>
    /// <summary>Makes and publishes a CRL; a complete one where there is nothing that a delta could refer to.</summary>
    /// <param name="authority">Whose.</param>
    /// <param name="name">Which of its CRLs.</param>
    /// <param name="ct">Gives up; what was published before stays.</param>
    /// <returns>What is published now; null also when another node is making it.</returns>
    public async Task<CrlStatus?> PublishAsync(Authority authority, CrlName name, CancellationToken ct)
    {
        var gate = _gates.GetOrAdd(name.Scope, static _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(ct);
        try
        {
            return authority.Key is { } key
                ? await LeaseAsync(authority, key, name, ct)
                : await _supplied.GetOrAdd(authority.Name, _ => new(authority, published, options, time, logger)).TakeAsync();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _making.Dispose();
        foreach (var gate in _gates.Values) gate.Dispose();
    }

    /// <summary>Shows what other nodes have made.</summary>
    /// <param name="name">Which CRL.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>True when there was something new.</returns>
    internal async Task<bool> TakeAsync(CrlName name, CancellationToken ct)
    {
        var gate = _gates.GetOrAdd(name.Scope, static _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(ct);
        try
        {
            return await _exchange.TakeAsync(name, ct);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Finds the CRL that must be made because what is on record, or shown here, does not have everything.</summary>
    /// <param name="scope">Of this shard.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// The complete one when that is not shown, or not for the addresses that certificates name by now, which no delta mends; where there are
    /// deltas the delta when something was revoked or released since; null when all is well.
    /// </returns>
    internal async Task<CrlName?> FindBehindAsync(CrlScope scope, CancellationToken ct)
    {
        var (complete, delta) = (new CrlName(scope), new CrlName(scope, IsDelta: true));
        var newest = (await store.NewestCrlAsync(complete, ct))?.Reserved;

        // Recorded and never shown, because the process was killed in between; or the file was damaged since.
        if (!Shows(newest) || newest?.Sequence is not { } since) return complete;
        var (lists, isFor) = await _planner.DescribeAsync(scope, ct);
        if (newest.DistributionPoint != isFor) return complete;
        if (options.HasDeltas && (await store.NewestCrlAsync(delta, ct))?.Reserved is { } newestDelta)
        {
            if (!Shows(newestDelta)) return delta;
            since = Math.Max(since, newestDelta.Sequence ?? 0);
        }

        foreach (var listed in lists)
            if (await store.HasChangedAsync(listed, since, ct)) return options.HasDeltas ? delta : complete;
        return null;
    }

    private bool Shows(CrlReservation? newest) =>
        newest is not null && published.Find(new CrlName(newest.Scope, newest.BaseNumber is not null))?.Number >= newest.Number;

    private async Task<CrlStatus?> LeaseAsync(Authority authority, SigningKey key, CrlName name, CancellationToken ct)
    {
        await _making.WaitAsync(ct);
        try
        {
            var now = time.GetUtcNow();
            if (!await store.TryLeaseAsync(name.Scope, options.Node, now, now + LeaseTime, ct)) return null;
            try
            {
                return await MakeAsync(authority, key, name, ct);
            }
            finally
            {
                await EndLeaseAsync(name.Scope);
            }
        }
        finally
        {
            _making.Release();
        }
    }

    private async Task EndLeaseAsync(CrlScope scope)
    {
        try
        {
            await store.EndLeaseAsync(scope, options.Node, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // It ends by itself, and this node gets it again at once.
        }
    }

    private async Task<CrlStatus> MakeAsync(Authority authority, SigningKey key, CrlName name, CancellationToken ct)
    {
        // A clock that is behind is no reason to keep a revocation back; one that is ahead would make CRLs of the future.
        var started = time.GetTimestamp();
        if (!clock.Now().TryGet(out _, out var refusal) && refusal.Code == RefusalCode.ClockSuspect)
            throw new CryptographicException("Nothing is signed while the clock is suspect: it has jumped far ahead.");
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var plan = await _planner.PlanAsync(name, ct);

            // Before the entries are read: what is revoked from then on may be missing, and must not seem to be older than the CRL.
            var isSane = clock.Now().TryGet(out var now, out _);
            if (!isSane) now = time.GetUtcNow();
            var (number, thisUpdate) = Next(plan, now, isSane);
            var crl = Describe(authority, key, plan, number, thisUpdate, await ReadAsync(plan, thisUpdate, ct));
            var hashes = crl.Hash();
            var reservation = Reserve(plan, crl, hashes.Sha256);
            if (!await store.ReserveCrlAsync(reservation, ct)) continue;
            if (await SignAsync(key, plan.Name, crl, hashes, reservation, ct) is not { } status) continue;
            var took = time.GetElapsedTime(started);
            RevocationMetrics.Published(plan.Name, took);
            Log.Published(
                logger, plan.Name, status.Number, status.Entries, took.TotalMilliseconds, status.NextUpdate);
            return status;
        }

        throw new StorageUnavailableException(
            $"The CRL of '{name}' could not get a number in {Tries} tries: somebody else publishes it too.");
    }

    private (long Number, DateTimeOffset ThisUpdate) Next(CrlPlan plan, DateTimeOffset now, bool isSane)
    {
        // A restored backup may know less than the folder does.
        var last = plan.Last;
        var shown = Newest(published.Find(new CrlName(plan.Name.Scope)), published.Find(new CrlName(plan.Name.Scope, IsDelta: true)));
        var lastUpdate = Later(last?.ThisUpdate, shown?.ThisUpdate) ?? DateTimeOffset.UnixEpoch;
        var lastNumber = Math.Max(last?.Number ?? 0, shown?.Number ?? 0);

        // Dated by a clock that was wrong, as an administrator has said since (the verb clock): that time has not been. The record
        // is what the clock is judged by; of a CRL that only the folder knows it tells nothing.
        var isOnRecord = shown is null || shown.Number <= last?.Number;
        if (isSane && lastUpdate > now + (isOnRecord ? ClockGuard.Tolerance : ClockGuard.LongestJump))
            lastUpdate = DateTimeOffset.UnixEpoch;
        if (now < lastUpdate - TimeSpan.FromSeconds(1)) Log.ClockBehind(logger, plan.Name, now, lastUpdate);

        // Whoever holds a CRL must never see an older one come after it, whatever this machine's clock does. The time in the upper bits
        // keeps numbers rising when nothing here knows the last ones any more.
        return (Math.Max(lastNumber + 1, now.ToUnixTimeSeconds() << 16), WholeSeconds(lastUpdate > now ? lastUpdate : now));
    }

    private CrlWriter Describe(
        Authority authority, SigningKey key, CrlPlan plan, long number, DateTimeOffset thisUpdate, CrlEntries entries) => new()
        {
            Algorithm = key.SignatureAlgorithm,
            Issuer = authority.SubjectName,
            AuthorityKeyIdentifier = authority.SubjectKeyIdentifier,
            Number = number,
            BaseNumber = plan.Base?.Number,
            DistributionPoint = plan.Addresses,
            DeltaAddress = options.HasDeltas && !plan.Name.IsDelta
                ? options.Addresses.Crl(authority.Name, plan.Name.Scope.Shard, isDelta: true)
                : null,
            ThisUpdate = thisUpdate,
            NextUpdate = thisUpdate + (plan.Name.IsDelta ? options.DeltaLifetime : options.Lifetime),
            Entries = entries,
        };

    private async Task<CrlEntries> ReadAsync(CrlPlan plan, DateTimeOffset thisUpdate, CancellationToken ct)
    {
        // RFC 5280 §3.3: an entry must not go before it was on one CRL from after its certificate's expiry. Counting
        // back from the CRL that relying parties have, and not only from now, holds that also after a long standstill.
        var now = time.GetUtcNow();
        var shown = published.Find(new CrlName(plan.Name.Scope))?.ThisUpdate ?? plan.Last?.ThisUpdate ?? now;
        var from = (shown < now ? shown : now) - options.Lifetime;

        var entries = new CrlEntries();
        var (damaged, missing) = (0, 0);
        foreach (var scope in plan.Lists)
        {
            await foreach (var entry in plan.Base is { Sequence: { } since }
                ? store.ReadChangedAsync(scope, since, thisUpdate, ct)
                : store.ReadRevokedAsync(scope, from, ct))
            {
                var isListed = entries.TryAdd(entry);
                if (!isListed) missing++;
                if (!isListed || entry.IsDamaged) damaged++;
            }
        }

        if (damaged == 0) return entries;
        RevocationMetrics.BadRows(plan.Name, damaged);
        Log.BadRows(logger, plan.Name, damaged, missing);
        return entries;
    }

    private static CrlReservation Reserve(CrlPlan plan, CrlWriter crl, Digest tbsHash) =>
        new(plan.Name.Scope.Authority, crl.Number, tbsHash, crl.ThisUpdate, crl.NextUpdate, crl.Entries.Count)
        {
            Shard = plan.Name.Scope.Shard,
            BaseNumber = crl.BaseNumber,
            Sequence = plan.Sequence,
            DistributionPoint = plan.IsFor,
        };

    // Null when another node, which took this one for dead, was faster: its CRL is out, and this one never will be.
    private async Task<CrlStatus?> SignAsync(
        SigningKey key, CrlName name, CrlWriter crl, CrlHashes hashes, CrlReservation reservation, CancellationToken ct)
    {
        var signature = key.SignHash(hashes.Signed);
        var written = await published.StageAsync(name, stream => Task.FromResult(crl.Write(stream, signature)));

        // Over what went to the file, so that it also proves that both passes wrote the same.
        if (!key.VerifyHash(written.Signed, signature))
            throw new CryptographicException($"The signature of the CRL of '{name}' does not verify.");

        // On record before anybody can see it, as with certificates: no CRL is out there that the audit does not know.
        await _exchange.KeepAsync(name, reservation, ct);
        if (!await store.RecordCrlAsync(reservation, written.Sha256, ct)) return null;
        var status = new CrlStatus
        {
            Authority = reservation.Authority,
            Shard = reservation.Shard,
            BaseNumber = reservation.BaseNumber,
            Number = crl.Number,
            ThisUpdate = crl.ThisUpdate,
            NextUpdate = crl.NextUpdate,
            Entries = crl.Entries.Count,
            Hash = written.Sha256,
        };
        published.Publish(status);
        return status;
    }

    private static CrlStatus? Newest(CrlStatus? one, CrlStatus? other) => one is null || other?.Number > one.Number ? other : one;

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other > one ? other : one;

    private static DateTimeOffset WholeSeconds(DateTimeOffset at) =>
        DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
            "CRL {Number} of '{Name}' with {Entries} entries was published in {Milliseconds:F0} ms; "
            + "valid until {NextUpdate:u}.")]
        public static partial void Published(
            ILogger logger, CrlName name, long number, int entries, double milliseconds, DateTimeOffset nextUpdate);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message =
            "The clock says {Now:u}, but the last CRL of '{Name}' is from {ThisUpdate:u}: the new one "
            + "carries that time again. Set the clock right.")]
        public static partial void ClockBehind(
            ILogger logger, CrlName name, DateTimeOffset now, DateTimeOffset thisUpdate);

        [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message =
            "{Damaged} rows of revoked certificates of '{Name}' are damaged, and {Missing} of them are missing in its CRL.")]
        public static partial void BadRows(ILogger logger, CrlName name, int damaged, int missing);
    }
}
