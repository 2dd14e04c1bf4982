using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>A CRL on record.</summary>
/// <param name="Reserved">What was reserved.</param>
/// <param name="CrlHash">SHA-256 of the signed CRL, or null when no signature is known.</param>
public sealed record CrlRecord(CrlReservation Reserved, Digest? CrlHash);
