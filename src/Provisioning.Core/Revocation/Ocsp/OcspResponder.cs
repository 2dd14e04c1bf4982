using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>
/// Answers OCSP requests (RFC 6960, RFC 9919). Each reads the row of the registry, or knows that it has not changed since it was read, and only
/// then is told what was signed before, if that still says the same: so a revocation is seen at once, on every node. What nobody has issued is signed anew each time and never kept:
/// made-up serial numbers take no memory.
/// </summary>
/// <param name="store">How certificates stand.</param>
/// <param name="signers">Who signs.</param>
/// <param name="authorities">Ours.</param>
/// <param name="options">How long answers are valid.</param>
/// <param name="clock">Dates them.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class OcspResponder(
    ICertificateStatusStore store,
    OcspSigners signers,
    AuthorityDirectory authorities,
    OcspOptions options,
    ClockGuard clock,
    TimeProvider time,
    ILogger<OcspResponder> logger)
{
    // What is kept is given out in the first half of its time, so that nobody gets an answer that is about to end; what is asked for is
    // signed again a little before that.
    private const double GivenOut = 0.5;
    private const double SignedAgain = 0.4;
    private const int AskedForOften = 2;
    private const int MostAtOnce = 5000;

    private static readonly TimeSpan BetweenComplaints = TimeSpan.FromSeconds(10);
    private long _toldAt;

    private readonly OcspIssuer[] _issuers = [.. authorities.All.Select(authority => new OcspIssuer(authority))];
    private readonly OcspReads _reads = new(store, time, logger);
    private readonly OcspCache _cache = new(options.CacheEntries);

    /// <summary>How many answers are kept.</summary>
    internal int Kept => _cache.Count;

    /// <summary>Answers a request.</summary>
    /// <param name="der">The OCSPRequest.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The answer, whatever was asked.</returns>
    public async ValueTask<OcspAnswer> AnswerAsync(ReadOnlyMemory<byte> der, CancellationToken ct)
    {
        if (OcspRequestReader.TryRead(der) is not { } request) return Error(OcspResponseStatus.MalformedRequest);
        if (IssuerOf(request) is not { } issuer) return Error(OcspResponseStatus.Unauthorized);
        return request.CertIds is [var one]
            ? await AnswerOneAsync(issuer, one, request.Nonce, ct)
            : await AnswerSeveralAsync(issuer, request, ct);
    }

    /// <summary>Signs again, before its time is over, what is asked for often, and forgets what is over. Called every now and then.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>How many were signed.</returns>
    public async Task<int> SignAheadAsync(CancellationToken ct)
    {
        var signed = 0;
        foreach (var cached in _cache.All)
        {
            var now = time.GetUtcNow();
            if (!cached.IsValid(now)) _cache.Drop(cached);
            else if (cached.IsOlderThan(SignedAgain, now) && cached.Uses >= AskedForOften && signed < MostAtOnce)
                signed += await SignAgainAsync(cached, ct) ? 1 : 0;
        }

        OcspMetrics.Counted(_cache.Count);
        return signed;
    }

    private async Task<bool> SignAgainAsync(OcspCached cached, CancellationToken ct)
    {
        // It may come twice, or a request was quicker.
        if (_cache.Find(cached.CertId.Encoded) != cached || authorities.Find(cached.Authority) is not { } authority) return false;
        if (!clock.Now().TryGet(out var now, out _)) return false;
        var (isKnown, row) = await _reads.ReadAsync(authority.Name, cached.CertId.SerialNumber, ct);
        if (!isKnown) return false;
        var status = OcspCertStatus.Of(row, now);
        _ = Check(cached, status);
        return status.Kind != OcspCertStatusKind.Unknown && SignAndKeep(authority, cached.CertId, status, now, isAhead: true) is not null;
    }

    // With a nonce it is signed for this one client. Where that cannot be, the client gets what is kept, without its nonce (RFC 9919 §3.2.1:
    // "the most complete response it can"), and decides.
    private async ValueTask<OcspAnswer> AnswerOneAsync(Authority issuer, OcspCertId certId, ReadOnlyMemory<byte>? nonce, CancellationToken ct)
    {
        // Before the row is read: what is read may be older than this, never newer than it is said to be.
        var isSane = clock.Now().TryGet(out var now, out _);
        if (!isSane) now = time.GetUtcNow();
        var cached = _cache.Find(certId.Encoded);
        if (cached?.IsValid(now) == false) cached = null;

        var (isKnown, row) = await ReadAsync(issuer, certId, cached, ct);
        if (!isKnown) return cached is null ? Error(OcspResponseStatus.TryLater) : Unchecked(cached);
        var status = OcspCertStatus.Of(row, now);

        cached = Check(cached, status);
        if (nonce is null && cached is not null && IsYoung(cached, now)) return Hit(cached);
        if (!isSane) return cached is null ? Error(OcspResponseStatus.TryLater) : Hit(cached);
        var answer = nonce is null
            ? SignAndKeep(issuer, certId, status, now, isAhead: false)
            : TrySign(issuer, [(certId, status)], now, nonce, isAhead: false)?.Answer;
        if (answer is null) return cached is null ? Error(OcspResponseStatus.InternalError) : Hit(cached);
        OcspMetrics.Answered(status.Kind);
        return answer;
    }

    private async ValueTask<(bool IsKnown, CertificateStatusRow? Row)> ReadAsync(
        Authority issuer, OcspCertId certId, OcspCached? cached, CancellationToken ct)
    {
        // Before the row is read: whoever changes it meanwhile changes the version too.
        var version = store.Version;
        if (cached?.Seen is { } seen && seen.Version == version) return (true, seen.Row);
        var (isKnown, row) = await _reads.ReadAsync(issuer.Name, certId.SerialNumber, ct);
        if (cached is not null) cached.Seen = version is { } of && row is not null ? new OcspSeen(of, row) : null;
        return (isKnown, row);
    }

    // Another status than a moment ago: what is kept is as wrong as if it had never been signed. It goes at once, whether anything comes in its
    // place or not: it must not be told when the registry fails.
    private OcspCached? Check(OcspCached? cached, OcspCertStatus status)
    {
        if (cached is null || cached.Status == status) return cached;
        _cache.Drop(cached);
        return null;
    }

    private bool IsYoung(OcspCached cached, DateTimeOffset now) =>
        !cached.IsOlderThan(GivenOut, now) && cached.Signer == signers.Find(cached.Authority);

    private async ValueTask<OcspAnswer> AnswerSeveralAsync(Authority issuer, OcspRequest request, CancellationToken ct)
    {
        if (!clock.Now().TryGet(out var now, out _)) return Error(OcspResponseStatus.TryLater);
        var certificates = new (OcspCertId, OcspCertStatus)[request.CertIds.Count];
        for (var i = 0; i < certificates.Length; i++)
        {
            var (isKnown, row) = await _reads.ReadAsync(issuer.Name, request.CertIds[i].SerialNumber, ct);
            if (!isKnown) return Error(OcspResponseStatus.TryLater);
            certificates[i] = (request.CertIds[i], OcspCertStatus.Of(row, now));
            _ = Check(_cache.Find(request.CertIds[i].Encoded), certificates[i].Item2);
        }

        if (TrySign(issuer, certificates, now, request.Nonce, isAhead: false) is not var (answer, _)) return Error(OcspResponseStatus.InternalError);
        OcspMetrics.AnsweredSeveral();
        return answer;
    }

    private OcspAnswer? SignAndKeep(Authority issuer, OcspCertId certId, OcspCertStatus status, DateTimeOffset now, bool isAhead)
    {
        if (TrySign(issuer, [(certId, status)], now, null, isAhead) is not var (answer, signer)) return null;
        if (status.Kind == OcspCertStatusKind.Unknown) return answer;

        // Without the request that it is a part of.
        var key = certId with { Encoded = certId.Encoded.ToArray(), IssuerNameHash = default, IssuerKeyHash = default };
        _cache.Put(new OcspCached(key, issuer.Name, status, signer, answer));
        return answer;
    }

    private (OcspAnswer Answer, OcspSigner Signer)? TrySign(
        Authority issuer, ReadOnlySpan<(OcspCertId, OcspCertStatus)> certificates, DateTimeOffset now, ReadOnlyMemory<byte>? nonce, bool isAhead)
    {
        var thisUpdate = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var signer = signers.Find(issuer.Name);
        if (signer is null || signer.NotAfter <= now)
        {
            OcspMetrics.Failed(issuer.Name);
            return null;
        }

        var nextUpdate = thisUpdate + options.Validity;
        if (nextUpdate > signer.NotAfter) nextUpdate = signer.NotAfter;
        try
        {
            var answer = signer.Sign(certificates, thisUpdate, nextUpdate, issuer.NotBefore, nonce);
            OcspMetrics.Signed(isAhead);
            return (answer, signer);
        }
        catch (CryptographicException problem)
        {
            // The key or the module that holds it failed; what was signed before is still good.
            OcspMetrics.Failed(issuer.Name);
            if (IsTimeToTell()) Log.NotSigned(logger, issuer.Name, problem);
            return null;
        }
    }

    // A key that has failed fails for every request; the log needs to hear of it once in a while.
    private bool IsTimeToTell()
    {
        var told = Interlocked.Read(ref _toldAt);
        return (told == 0 || time.GetElapsedTime(told) >= BetweenComplaints)
            && Interlocked.CompareExchange(ref _toldAt, time.GetTimestamp(), told) == told;
    }

    // One answer has one signature, of one authority's responder: certificates of two authorities cannot be in it.
    private Authority? IssuerOf(OcspRequest request)
    {
        foreach (var issuer in _issuers)
        {
            if (!issuer.IsMeantBy(request.CertIds[0])) continue;
            for (var i = 1; i < request.CertIds.Count; i++)
                if (!issuer.IsMeantBy(request.CertIds[i])) return null;
            return signers.AnswersFor(issuer.Authority) ? issuer.Authority : null;
        }

        return null;
    }

    private static OcspAnswer Hit(OcspCached cached)
    {
        OcspMetrics.Hit();
        OcspMetrics.Answered(cached.Status.Kind);
        return cached.Use();
    }

    private static OcspAnswer Unchecked(OcspCached cached)
    {
        OcspMetrics.Unchecked();
        return Hit(cached);
    }

    private static OcspAnswer Error(OcspResponseStatus status)
    {
        OcspMetrics.Answered(status);
        return OcspAnswer.Error(status);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "An OCSP answer for '{Authority}' could not be signed.")]
        public static partial void NotSigned(ILogger logger, string authority, Exception problem);
    }
}
