using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Storage.Lots;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Devices;

/// <inheritdoc/>
internal sealed class AdmissionStore(Readers readers) : IAdmissionStore
{
    private const string DeviceById = $"SELECT {DeviceRow.Columns} FROM devices d WHERE d.device_id = @id";

    private const string LotByName = $"SELECT {LotRow.Columns} FROM lots l WHERE l.name = @name";

    public ValueTask<(Device? Device, Lot? Lot)> ReadAsync(DeviceId device, string? lot, CancellationToken ct) =>
        readers.ReadAsync(ReadBothAsync, (device, lot), ct);

    private static async ValueTask<(Device? Device, Lot? Lot)> ReadBothAsync(
        Session session, (DeviceId Device, string? Lot) of, CancellationToken ct)
    {
        var device = await FindDeviceAsync(session, of.Device, ct);
        if (of.Lot is null) return (device, null);
        await using var row = await session.Sql(LotByName).With("name", of.Lot).QueryAsync(ct);
        return (device, await row.ReadAsync(ct) ? LotRow.Read(row) : null);
    }

    internal static async ValueTask<Device?> FindDeviceAsync(Session session, DeviceId id, CancellationToken ct)
    {
        await using var row = await session.Sql(DeviceById).With("id", id.Value).QueryAsync(ct);
        return await row.ReadAsync(ct) ? DeviceRow.Read(row) : null;
    }
}
