using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>Revocation and what CRLs are made from. The contract of writes is that of <see cref="ICertificateStore"/>.</summary>
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

    /// <summary>What a CRL must list: revoked and held, and not expired before a time.</summary>
    /// <param name="authority">Of this authority.</param>
    /// <param name="notExpiredBefore">Entries whose certificate expired before this are left out.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A stream in any stable order, from one snapshot; a million entries cost no million objects at once.</returns>
    IAsyncEnumerable<RevokedEntry> ReadRevokedAsync(
        string authority, DateTimeOffset notExpiredBefore, CancellationToken ct);

    /// <summary>
    /// Puts a CRL number and the hash of its TBSCertList on record, before it is signed.
    /// </summary>
    /// <param name="crl">What will be signed.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when the authority's highest number is not lower: read it again and take a higher one.</returns>
    Task<bool> ReserveCrlAsync(CrlReservation crl, CancellationToken ct);

    /// <summary>Records that a reserved CRL was signed, with one audit entry (<c>crl-issued</c>).</summary>
    /// <param name="crl">What was reserved.</param>
    /// <param name="crlHash">SHA-256 of the signed CRL.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task RecordCrlAsync(CrlReservation crl, Digest crlHash, CancellationToken ct);

    /// <summary>The CRLs on record.</summary>
    /// <param name="authority">Of this authority.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The one with the highest number, reserved or recorded; null when there is none.</returns>
    ValueTask<CrlRecord?> LastCrlAsync(string authority, CancellationToken ct);
}
