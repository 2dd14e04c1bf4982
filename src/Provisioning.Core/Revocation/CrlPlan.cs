using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>What a CRL will be, before its entries are read.</summary>
/// <param name="Name">Which CRL.</param>
/// <param name="Lists">The shards whose certificates it lists.</param>
/// <param name="Addresses">What stands in its issuingDistributionPoint; none when it is for all of the authority's certificates.</param>
/// <param name="IsFor">SHA-256 of that; null for none.</param>
/// <param name="Last">The CRL of the scope with the highest number, or null.</param>
/// <param name="Base">For a delta CRL, its base; else null.</param>
/// <param name="Sequence">The last audit entry before its entries are read.</param>
internal sealed record CrlPlan(
    CrlName Name,
    IReadOnlyList<CrlScope> Lists,
    IReadOnlyList<string> Addresses,
    Digest? IsFor,
    CrlReservation? Last,
    CrlReservation? Base,
    long Sequence);
