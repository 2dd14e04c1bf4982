using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Credentials;

/// <summary>Where enrollment tokens are on record, without their secrets.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface ITokenStore
{
    /// <summary>Puts new tokens on record, all or none, each with an audit entry.</summary>
    /// <param name="tokens">The tokens; of the texts only the hashes are kept.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The same; or <see cref="RefusalCode.UnknownLot"/> or <see cref="RefusalCode.NotInLot"/> when their lot is not there or of another group.
    /// </returns>
    Task<Outcome<IReadOnlyList<NewToken>>> AddTokensAsync(IReadOnlyList<NewToken> tokens, CancellationToken ct);

    /// <summary>Reads one, always fresh: every request with a token asks.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The token and the hash of its text, or null.</returns>
    ValueTask<(EnrollmentToken Token, Digest Hash)?> FindTokenAsync(string id, CancellationToken ct);

    /// <summary>Lists tokens, newest first.</summary>
    /// <param name="query">Filters and place.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<EnrollmentToken>> ListTokensAsync(TokenQuery query, CancellationToken ct);

    /// <summary>Revokes a token for ever, with an audit entry. Doing it again changes nothing.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The token as it is now; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<EnrollmentToken>> RevokeTokenAsync(string id, string actor, DateTimeOffset at, CancellationToken ct);
}
