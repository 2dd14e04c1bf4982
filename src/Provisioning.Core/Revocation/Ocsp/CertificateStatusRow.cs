using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>As much of a row of the registry as OCSP needs.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="IsSigned">A signed certificate is on record.</param>
/// <param name="NotAfter">Valid until, inclusive.</param>
/// <param name="RevokedAt">When it was revoked or put on hold, or null.</param>
/// <param name="Reason">Why, or null.</param>
public sealed record CertificateStatusRow(
    CertificateState State, bool IsSigned, DateTimeOffset NotAfter, DateTimeOffset? RevokedAt, RevocationReason? Reason);
