using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Devices;

/// <summary>Why devices were refused, so that "why was unit 4711 rejected last night?" has an answer.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IRefusalStore
{
    /// <summary>The most rows that are kept of all devices together: what nobody looks at must not fill the disk.</summary>
    const int Capacity = 50_000;

    /// <summary>The most rows of one caller, about devices that are in the registry.</summary>
    const int CapacityOfRequester = 5_000;

    /// <summary>The most rows of one caller about devices that are not: it can make up as many as it likes.</summary>
    const int CapacityOfStrangers = 1_000;

    /// <summary>
    /// Adds refusals to those of their day, and forgets the oldest beyond <see cref="CapacityOfRequester"/>,
    /// <see cref="CapacityOfStrangers"/> and <see cref="Capacity"/>.
    /// </summary>
    /// <param name="refusals">At most a few hundred.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>When they are durable.</returns>
    Task NoteRefusalsAsync(IReadOnlyList<RefusalRecord> refusals, CancellationToken ct);

    /// <summary>The refusals of a device, newest first.</summary>
    /// <param name="id">The device, in the registry or not.</param>
    /// <param name="limit">Rows, 1 to 500.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The refusals.</returns>
    Task<IReadOnlyList<RefusalRecord>> ListRefusalsAsync(DeviceId id, int limit, CancellationToken ct);
}
