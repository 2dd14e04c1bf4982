using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;

namespace Provisioning.Core.Enrollment;

/// <summary>Tells who shows an enrollment token. Asked on every request, so that a revocation bites on open connections.</summary>
/// <param name="store">The tokens.</param>
/// <param name="clock">Says whether it is the clock that is wrong.</param>
/// <param name="time">For the expiry.</param>
public sealed class TokenIdentification(ITokenStore store, ClockGuard clock, TimeProvider time)
{
    // What no token hashes to, for IDs that are not there.
    private static readonly Digest Nobody = Digest.FromOctets(new byte[32]);

    /// <summary>Unknown, revoked, malformed: one answer, so that trying tells nothing.</summary>
    public static Refusal BadToken { get; } = new(RefusalCode.BadToken, "The enrollment token is not valid.");

    /// <summary>Finds the caller behind a token. Whether it has uses left, the reserve transaction decides: a retry needs none.</summary>
    /// <param name="text">What came behind <c>Bearer</c>.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The caller; or <see cref="RefusalCode.BadToken"/>, or to who knows the secret <see cref="RefusalCode.TokenExpired"/>.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot be read: nobody is let in.</exception>
    public async ValueTask<Outcome<Caller>> IdentifyAsync(string text, CancellationToken ct)
    {
        if (!TokenText.TryParse(text, out var shown)) return BadToken;
        var known = await store.FindTokenAsync(shown.Id, ct);
        var isRight = CryptographicOperations.FixedTimeEquals(shown.Hash.ToOctets(), (known?.Hash ?? Nobody).ToOctets());
        if (known is not var (token, _) || !isRight || token.RevokedAt is not null) return BadToken;
        if (time.GetUtcNow() < token.ExpiresAt) return new Caller.Token(token);

        // A device takes an expired token for the end, so it must not hear of one when only the clock is wrong.
        return clock.Now().TryGet(out _, out var wrongClock)
            ? new Refusal(RefusalCode.TokenExpired, $"The enrollment token expired at {token.ExpiresAt.UtcDateTime:O}. Ask for a new one.")
            : wrongClock;
    }
}
