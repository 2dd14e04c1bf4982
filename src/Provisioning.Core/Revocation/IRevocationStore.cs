using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>Revocation. The contract of writes is that of <see cref="ICertificateStore"/>.</summary>
public interface IRevocationStore
{
    /// <summary>
    /// Revokes or holds, with one audit entry. Any state but revoked can be revoked, an abandoned reservation too; only issued
    /// and current ones can be held (else <see cref="RefusalCode.NotAllowed"/>). The same reason again changes nothing and
    /// succeeds; another reason is <see cref="RefusalCode.AlreadyRevoked"/>, except towards keyCompromise (which then
    /// replaces the reason and keeps the time), and except that a held one can be revoked for good (the time is then this one's).
    /// keyCompromise blocks the key for ever. An unknown serial number is <see cref="RefusalCode.NotFound"/>.
    /// </summary>
    /// <param name="serialNumber">Of a certificate issued here.</param>
    /// <param name="reason">Why; <see cref="RevocationReason.CertificateHold"/> holds.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>The row as it is now.</returns>
    Task<Outcome<CertificateRecord>> RevokeAsync(
        SerialNumber serialNumber, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Releases a hold: the certificate is again what it was before. <see cref="RefusalCode.NotOnHold"/> when it is not held,
    /// <see cref="RefusalCode.DeviceAlreadyBound"/> when its place was taken meanwhile.
    /// </summary>
    /// <param name="serialNumber">Of the held certificate.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>The row as it is now.</returns>
    Task<Outcome<CertificateRecord>> ReleaseAsync(
        SerialNumber serialNumber, string actor, DateTimeOffset at, CancellationToken ct);
}
