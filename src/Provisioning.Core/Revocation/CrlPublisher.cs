using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Makes CRLs, by the steps of every other signature: read → plan → reserve → sign → record → show. One at a time for
/// each authority: a CRL that was read before another must not get the higher number.
/// </summary>
/// <param name="store">What is revoked, and the CRLs on record.</param>
/// <param name="published">Where they go.</param>
/// <param name="options">How they are made.</param>
/// <param name="clock">Says whether the clock may be believed.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class CrlPublisher(
    IRevocationStore store,
    PublishedCrls published,
    CrlOptions options,
    ClockGuard clock,
    TimeProvider time,
    ILogger<CrlPublisher> logger)
{
    private const int Tries = 3;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SuppliedCrl> _supplied = new(StringComparer.Ordinal);

    /// <summary>
    /// Makes and publishes the CRL of an authority; for one whose key is not here, takes the one that an operator
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
    public async Task<CrlStatus?> PublishAsync(Authority authority, CancellationToken ct)
    {
        var gate = _gates.GetOrAdd(authority.Name, static _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(ct);
        try
        {
            return authority.Key is { } key
                ? await MakeAsync(authority, key, ct)
                : _supplied.GetOrAdd(authority.Name, _ => new(authority, published, options, time, logger)).Take();
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<CrlStatus> MakeAsync(Authority authority, SigningKey key, CancellationToken ct)
    {
        // A clock that is behind is no reason to keep a revocation back; one that is ahead would make CRLs of the future.
        var started = time.GetTimestamp();
        if (!clock.Now().TryGet(out _, out var refusal) && refusal.Code == RefusalCode.ClockSuspect)
            throw new CryptographicException("Nothing is signed while the clock is suspect: it has jumped far ahead.");
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var last = (await store.LastCrlAsync(authority.Name, ct))?.Reserved;
            // Before the entries are read: what is revoked from then on may be missing, and must not seem to be older than the CRL.
            var isSane = clock.Now().TryGet(out var now, out _);
            if (!isSane) now = time.GetUtcNow();
            var crl = Plan(authority, key, last, await ReadAsync(authority, last, ct), now, isSane);
            var hashes = crl.Hash();
            var reservation = new CrlReservation(
                authority.Name, crl.Number, hashes.Sha256, crl.ThisUpdate, crl.NextUpdate, crl.Entries.Count);
            if (!await store.ReserveCrlAsync(reservation, ct)) continue;

            var status = await SignAsync(authority, key, crl, hashes, reservation, ct);
            var took = time.GetElapsedTime(started);
            RevocationMetrics.Published(authority.Name, took);
            Log.Published(
                logger, authority.Name, status.Number, status.Entries, took.TotalMilliseconds, status.NextUpdate);
            return status;
        }

        throw new StorageUnavailableException(
            $"The CRL of '{authority.Name}' could not get a number in {Tries} tries: somebody else publishes it too.");
    }

    private CrlWriter Plan(
        Authority authority, SigningKey key, CrlReservation? last, CrlEntries entries, DateTimeOffset now, bool isSane)
    {
        // A restored backup may know less than the folder does.
        var shown = published.Find(authority.Name);
        var lastUpdate = Later(last?.ThisUpdate, shown?.ThisUpdate) ?? DateTimeOffset.UnixEpoch;
        var lastNumber = Math.Max(last?.Number ?? 0, shown?.Number ?? 0);

        // Dated by a clock that was wrong, as an administrator has said since (the verb clock): that time has not been. The record
        // is what the clock is judged by; of a CRL that only the folder knows it tells nothing.
        var isOnRecord = shown is null || shown.Number <= last?.Number;
        if (isSane && lastUpdate > now + (isOnRecord ? ClockGuard.Tolerance : ClockGuard.LongestJump))
            lastUpdate = DateTimeOffset.UnixEpoch;
        if (now < lastUpdate - TimeSpan.FromSeconds(1)) Log.ClockBehind(logger, authority.Name, now, lastUpdate);

        // Whoever holds a CRL must never see an older one come after it, whatever this machine's clock does.
        var thisUpdate = WholeSeconds(lastUpdate > now ? lastUpdate : now);

        // The time in the upper bits keeps numbers rising when nothing here knows the last ones any more.
        var number = Math.Max(lastNumber + 1, now.ToUnixTimeSeconds() << 16);
        return new CrlWriter
        {
            Algorithm = key.SignatureAlgorithm,
            Issuer = authority.SubjectName,
            AuthorityKeyIdentifier = authority.SubjectKeyIdentifier,
            Number = number,
            ThisUpdate = thisUpdate,
            NextUpdate = thisUpdate + options.Lifetime,
            Entries = entries,
        };
    }

    private async Task<CrlEntries> ReadAsync(Authority authority, CrlReservation? last, CancellationToken ct)
    {
        // RFC 5280 §3.3: an entry must not go before it was on one CRL from after its certificate's expiry. Counting
        // back from the CRL that relying parties have, and not only from now, holds that also after a long standstill.
        var now = time.GetUtcNow();
        var shown = published.Find(authority.Name)?.ThisUpdate ?? last?.ThisUpdate ?? now;
        var from = (shown < now ? shown : now) - options.Lifetime;

        var entries = new CrlEntries();
        var bad = 0;
        await foreach (var entry in store.ReadRevokedAsync(authority.Name, from, ct))
        {
            if (!entries.TryAdd(entry)) bad++;
        }

        if (bad == 0) return entries;
        RevocationMetrics.BadRows(authority.Name, bad);
        Log.BadRows(logger, authority.Name, bad);
        return entries;
    }

    private async Task<CrlStatus> SignAsync(
        Authority authority,
        SigningKey key,
        CrlWriter crl,
        CrlHashes hashes,
        CrlReservation reservation,
        CancellationToken ct)
    {
        var signature = key.SignHash(hashes.Signed);
        var written = published.Stage(authority, stream => crl.Write(stream, signature));

        // Over what went to the file, so that it also proves that both passes wrote the same.
        if (!key.VerifyHash(written.Signed, signature))
            throw new CryptographicException($"The signature of the CRL of '{authority.Name}' does not verify.");

        // On record before anybody can see it, as with certificates: no CRL is out there that the audit does not know.
        await store.RecordCrlAsync(reservation, written.Sha256, ct);
        var status = new CrlStatus
        {
            Authority = authority.Name,
            Number = crl.Number,
            ThisUpdate = crl.ThisUpdate,
            NextUpdate = crl.NextUpdate,
            Entries = crl.Entries.Count,
            Hash = written.Sha256,
        };
        published.Publish(authority, status);
        return status;
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other > one ? other : one;

    private static DateTimeOffset WholeSeconds(DateTimeOffset at) =>
        DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message =
            "CRL {Number} of authority '{Authority}' with {Entries} entries was published in {Milliseconds:F0} ms; "
            + "valid until {NextUpdate:u}.")]
        public static partial void Published(
            ILogger logger, string authority, long number, int entries, double milliseconds, DateTimeOffset nextUpdate);

        [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message =
            "The clock says {Now:u}, but the last CRL of authority '{Authority}' is from {ThisUpdate:u}: the new one "
            + "carries that time again. Set the clock right.")]
        public static partial void ClockBehind(
            ILogger logger, string authority, DateTimeOffset now, DateTimeOffset thisUpdate);

        [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message =
            "{Count} revoked serial numbers of authority '{Authority}' are damaged and missing in its CRL.")]
        public static partial void BadRows(ILogger logger, string authority, int count);
    }
}
