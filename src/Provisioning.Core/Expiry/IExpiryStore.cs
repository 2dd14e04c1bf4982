using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Expiry;

/// <summary>What ends when, and what was said about it.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IExpiryStore
{
    /// <summary>Reads the certificates in use of devices that end in a time, soonest first.</summary>
    /// <param name="from">From here on, inclusive.</param>
    /// <param name="until">Up to here, exclusive.</param>
    /// <param name="group">Only of this group; null for all.</param>
    /// <param name="after">The cursor of the last one that was read before, or null for the first.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A stream, from one snapshot; a million cost no million objects at once.</returns>
    IAsyncEnumerable<ExpiringCertificate> ReadExpiringAsync(
        DateTimeOffset from, DateTimeOffset until, string? group, Cursor? after, CancellationToken ct);

    /// <summary>Reads the certificates in use of devices that end soon, and those whose devices may be late with the next one, soonest end first.</summary>
    /// <param name="now">Those that end from here on.</param>
    /// <param name="until">All that end before this;</param>
    /// <param name="left">all of whose life no more than this part is left;</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// and all that were to be renewed in a campaign that is over. Read in ranges of thousands, each from a snapshot of its own, so that no
    /// statement takes longer the larger the registry is.
    /// </returns>
    IAsyncEnumerable<ExpiringCertificate> ReadWatchedAsync(DateTimeOffset now, DateTimeOffset until, double left, CancellationToken ct);

    /// <summary>Puts on record that devices are late with their renewals, with an audit entry each (<c>renewal-late</c>), once.</summary>
    /// <param name="certificates">Those that they use.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>How many were not on record and are still in use.</returns>
    Task<int> NoteLateAsync(IReadOnlyList<SerialNumber> certificates, DateTimeOffset at, CancellationToken ct);

    /// <summary>Puts on record that an authority comes to its end, with an audit entry (<c>authority-expiring</c>), once.</summary>
    /// <param name="authority">Its name.</param>
    /// <param name="certificate">SHA-256 of its certificate: another one of the name begins anew.</param>
    /// <param name="percent">What is left of its life, at most.</param>
    /// <param name="notAfter">Its end.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>False when that was on record.</returns>
    Task<bool> NoteAuthorityAsync(
        string authority, Digest certificate, int percent, DateTimeOffset notAfter, DateTimeOffset at, CancellationToken ct);
}
