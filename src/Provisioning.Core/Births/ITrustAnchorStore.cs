using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Births;

/// <summary>Where manufacturers are on record, with their CRLs.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface ITrustAnchorStore
{
    /// <summary>Reads all, withdrawn ones too, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The anchors with their newest CRLs.</returns>
    Task<IReadOnlyList<TrustAnchor>> ListAnchorsAsync(CancellationToken ct);

    /// <summary>Reads how one stands, always fresh: every request with a birth certificate asks.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Its revision and whether it was withdrawn; null when there is none.</returns>
    ValueTask<(long Revision, bool IsWithdrawn)?> FindAnchorStateAsync(string name, CancellationToken ct);

    /// <summary>Puts a new one on record, with an audit entry.</summary>
    /// <param name="anchor">The anchor.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>Its revision; or <see cref="RefusalCode.AlreadyExists"/>, also for one that was withdrawn.</returns>
    Task<Outcome<long>> AddAnchorAsync(TrustAnchor anchor, CancellationToken ct);

    /// <summary>Puts the next CRL of an authority on record, with an audit entry. It counts for every anchor that has the authority.</summary>
    /// <param name="name">The anchor that it is brought for.</param>
    /// <param name="issuer">The authority's <see cref="BirthIssuer.Identity"/>.</param>
    /// <param name="crl">The CRL, verified.</param>
    /// <param name="actor">Who brings it.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The anchor's revision; or <see cref="RefusalCode.BadCrl"/> when one as new is on record, or <see cref="RefusalCode.NotFound"/>.
    /// </returns>
    Task<Outcome<long>> SetCrlAsync(
        string name, Digest issuer, ManufacturerCrl crl, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Withdraws one for ever, with an audit entry. Doing it again changes nothing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>Its revision; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<long>> WithdrawAsync(string name, string actor, DateTimeOffset at, CancellationToken ct);
}
