using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Devices;

/// <summary>The registry of devices, as administrators read it.</summary>
public interface IDeviceStore
{
    /// <summary>Reads one device.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The device, or null.</returns>
    ValueTask<Device?> FindDeviceAsync(DeviceId id, CancellationToken ct);

    /// <summary>Lists devices.</summary>
    /// <param name="query">Filters and place.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<Device>> ListDevicesAsync(DeviceQuery query, CancellationToken ct);

    /// <summary>The audit entries about one device, newest first.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="limit">Rows a page, 1 to 500.</param>
    /// <param name="cursor">The cursor that the page before gave, or null.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page; empty for a device without history.</returns>
    Task<Page<AuditEntry>> HistoryAsync(DeviceId id, int limit, Cursor? cursor, CancellationToken ct);

    /// <summary>Streams the devices of a group in the order of their IDs, as one snapshot, without holding them in memory.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The devices.</returns>
    IAsyncEnumerable<GroupMember> StreamGroupAsync(string group, CancellationToken ct);
}
