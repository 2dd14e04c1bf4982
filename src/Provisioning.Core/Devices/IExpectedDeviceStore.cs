using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Devices;

/// <summary>Where announced devices are put on record.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IExpectedDeviceStore
{
    /// <summary>
    /// Puts devices on record in one transaction, with an audit entry for each that changes. One that is there already keeps what it
    /// has; what is new is added while it holds no certificate. Refusals: <see cref="RefusalCode.GroupMismatch"/>,
    /// <see cref="RefusalCode.AlreadyExists"/> for one of another batch, <see cref="RefusalCode.KeyMismatch"/> for one with another key,
    /// <see cref="RefusalCode.AlreadyClaimed"/> for one that would change and is past that, <see cref="RefusalCode.BadAttributes"/> for
    /// more attributes than are kept.
    /// </summary>
    /// <param name="announcement">What is the same for all.</param>
    /// <param name="devices">The devices.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>For each, in the same order, what came of it.</returns>
    Task<IReadOnlyList<Outcome<Expectation>>> ExpectAsync(
        Announcement announcement, IReadOnlyList<ExpectedDevice> devices, CancellationToken ct);
}
