using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>A registrar that revokes, as it was identified.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Revision">Of its scope: when it is another by now, nothing happens.</param>
/// <param name="Scope">Its scope.</param>
/// <param name="Actor">How it is written down.</param>
public sealed record RevokingRegistrar(string Name, long Revision, RegistrarScope Scope, string Actor);

/// <summary>
/// What registrars revoke and release, decided and done in one transaction. What is beyond the scope is answered as what there is not: by
/// the same refusal, after the same reads. Each certificate or device that changes counts towards the daily limit.
/// </summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IRegistrarRevocationStore
{
    /// <summary>Revokes or holds a certificate of a device, as <see cref="IRevocationStore.RevokeAsync"/> does; on hold already, it stays as it is.</summary>
    /// <param name="registrar">Who.</param>
    /// <param name="serialNumber">Of the certificate.</param>
    /// <param name="reason">Why.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The row as it is now, and whether that is a change; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.DailyLimit"/>, <see cref="RefusalCode.PolicyChanged"/>,
    /// or what <see cref="IRevocationStore.RevokeAsync"/> refuses.
    /// </returns>
    Task<Outcome<RegistrarChange>> RevokeAsync(
        RevokingRegistrar registrar, SerialNumber serialNumber, RevocationReason reason, DateTimeOffset at, CancellationToken ct);

    /// <summary>Releases a hold that this registrar has put on, and nobody since.</summary>
    /// <param name="registrar">Who.</param>
    /// <param name="serialNumber">Of the certificate.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The row as it is now; or as above, and <see cref="RefusalCode.NotAllowed"/> for the hold of somebody else.</returns>
    Task<Outcome<CertificateRecord>> ReleaseAsync(
        RevokingRegistrar registrar, SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct);

    /// <summary>Revokes all certificates of a device.</summary>
    /// <param name="registrar">Who.</param>
    /// <param name="id">The device.</param>
    /// <param name="reason">Why; no hold.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The device as it is now; or as above.</returns>
    Task<Outcome<ChangedDevice>> RevokeDeviceAsync(
        RevokingRegistrar registrar, DeviceId id, RevocationReason reason, DateTimeOffset at, CancellationToken ct);
}
