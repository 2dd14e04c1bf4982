using Provisioning.Core.Certificates;

namespace Provisioning.Core.Lots;

/// <summary>What the report of a scrapped unit did.</summary>
/// <param name="ScrappedAt">When it was reported first.</param>
/// <param name="Revoked">The certificates that were revoked by this report; none when it was reported before.</param>
public sealed record ScrappedUnit(DateTimeOffset ScrappedAt, IReadOnlyList<CertificateRecord> Revoked);
