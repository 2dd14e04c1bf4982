using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Lots;

/// <summary>Production orders. Enrollment counts against them in the reserve transaction (<see cref="ICertificateStore"/>).</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface ILotStore
{
    /// <summary>Opens a lot, with one audit entry (<c>lot-opened</c>).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="definition">What is ordered, sound by itself.</param>
    /// <param name="units">The units on its list; empty where it has none.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The lot; or <see cref="RefusalCode.AlreadyExists"/>, or <see cref="RefusalCode.BadLot"/> when another lot that is not closed
    /// orders the same IDs.
    /// </returns>
    Task<Outcome<Lot>> OpenLotAsync(
        string name, LotDefinition definition, IReadOnlyList<string> units, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Changes a definition, with one audit entry (<c>lot-changed</c>). Requests that are on their way are decided again.
    /// </summary>
    /// <param name="name">The lot.</param>
    /// <param name="change">Makes the new definition from the lot as it is, or refuses.</param>
    /// <param name="revision">The revision that the change was made from, or null for any.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The lot; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.LotClosed"/>, <see cref="RefusalCode.PreconditionFailed"/>,
    /// or what <paramref name="change"/> and <see cref="LotRules"/> say.
    /// </returns>
    Task<Outcome<Lot>> ChangeLotAsync(
        string name, Func<Lot, Outcome<LotDefinition>> change, long? revision, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Puts units on the list of a lot, with one audit entry (<c>lot-changed</c>); those that are on it stay there.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="units">Their IDs, each once.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The lot; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.LotClosed"/>, or <see cref="RefusalCode.BadLot"/> when it
    /// has no list or they would be more than are ordered.
    /// </returns>
    Task<Outcome<Lot>> ListUnitsAsync(string name, IReadOnlyList<string> units, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Reads a lot.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The lot, or null.</returns>
    ValueTask<LotStatus?> FindLotAsync(string name, CancellationToken ct);

    /// <summary>Lists lots.</summary>
    /// <param name="query">Filters and place.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<LotStatus>> ListLotsAsync(LotQuery query, CancellationToken ct);

    /// <summary>
    /// A unit was scrapped: the device is decommissioned, every certificate of it that has not expired is revoked
    /// (cessationOfOperation), and it may be replaced. One audit entry (<c>unit-scrapped</c>) beside those of the revocations. Once
    /// reported, nothing more happens.
    /// </summary>
    /// <param name="name">The lot.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="reason">For people, or null.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// What it did; or <see cref="RefusalCode.LotClosed"/>, <see cref="RefusalCode.NotInLot"/> for a unit of another lot or of none,
    /// <see cref="RefusalCode.NotEnrolled"/> for one that is ordered and was not enrolled, <see cref="RefusalCode.RequestInProgress"/> while
    /// its certificate is being made.
    /// </returns>
    Task<Outcome<ScrappedUnit>> ScrapAsync(string name, DeviceId unit, string? reason, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Closes a lot, for ever, with one audit entry (<c>lot-closed</c>): from then on nothing of it changes but what is in flight.
    /// Closing it again changes nothing.
    /// </summary>
    /// <param name="name">The lot.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The lot; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<Lot>> CloseLotAsync(string name, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Streams the units of a lot in the order of their IDs (by octet), as one snapshot. Of a closed lot it is always the same, once
    /// nothing is in flight: devices that are seen later do not count.
    /// </summary>
    /// <param name="name">The lot.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The units.</returns>
    IAsyncEnumerable<LotUnit> StreamUnitsAsync(string name, CancellationToken ct);

    /// <summary>Keeps the signed report of a closed lot, with one audit entry (<c>lot-reported</c>); the first one stays.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="report">The report (JWS).</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The report that is kept.</returns>
    Task<string> KeepReportAsync(string name, string report, DateTimeOffset at, CancellationToken ct);

    /// <summary>Reads the signed report of a lot.</summary>
    /// <param name="name">The lot.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The report (JWS), or null when there is none yet.</returns>
    ValueTask<string?> FindReportAsync(string name, CancellationToken ct);

    /// <summary>The closed lots that have no report yet.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Their names.</returns>
    Task<IReadOnlyList<string>> ListUnreportedAsync(CancellationToken ct);
}
