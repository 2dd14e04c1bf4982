using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Devices;

/// <summary>Changes devices together with their certificates; each write is one transaction.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IDeviceChangeStore
{
    /// <summary>Changes the state of a device, with its audit entries. What is so already stays so, and succeeds.</summary>
    /// <param name="id">The device.</param>
    /// <param name="change">What is done to it.</param>
    /// <param name="reason">Why, for the audit; or null.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The device; or <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.DeviceDecommissioned"/>,
    /// <see cref="RefusalCode.BadDeviceState"/> when it cannot follow on what the device is.
    /// </returns>
    Task<Outcome<ChangedDevice>> ChangeAsync(
        DeviceId id, DeviceChange change, string? reason, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Revokes all certificates of a device that have not expired, with an audit entry each. Its state stays.</summary>
    /// <param name="id">The device.</param>
    /// <param name="reason">Why; not certificateHold.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The device; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<ChangedDevice>> RevokeAllAsync(
        DeviceId id, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct);
}
