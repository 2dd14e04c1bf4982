using Provisioning.Core.Devices;
using Provisioning.Core.Lots;

namespace Provisioning.Core.Enrollment;

/// <summary>What the pipeline reads before it plans; every answer carries the revision that the reserve transaction compares.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IAdmissionStore
{
    /// <summary>Reads a device and a lot, fresh.</summary>
    /// <param name="device">The device.</param>
    /// <param name="lot">The lot's name, or null for none.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What there is of both.</returns>
    ValueTask<(Device? Device, Lot? Lot)> ReadAsync(DeviceId device, string? lot, CancellationToken ct);
}
