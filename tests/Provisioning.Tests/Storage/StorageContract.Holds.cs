using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Storage;

/// <summary>Holds that meet: an administrator's, a suspension's, a job's.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_hold_from_before_a_suspension_is_not_released_until_the_device_is_resumed()
    {
        var held = await HoldAsync(await IssueAsync(NewReservation("pump-1")));
        await ChangeAsync("pump-1", DeviceChange.Suspend);
        var before = (await AuditAsync()).Count;
        Assert.Equal(RefusalCode.DeviceSuspended, Code(await Database.Revocations.ReleaseAsync(held.SerialNumber, Admin, Now, Ct)));
        Assert.Equal((CertificateState.Held, before), (await StateAsync(held.SerialNumber), (await AuditAsync()).Count));

        await ChangeAsync("pump-1", DeviceChange.Resume);
        Assert.Equal(CertificateState.Held, await StateAsync(held.SerialNumber));
        Assert.Equal(CertificateState.Issued, Value(await Database.Revocations.ReleaseAsync(held.SerialNumber, Admin, Now, Ct)).State);
    }

    private async Task ChangeAsync(string device, DeviceChange change)
    {
        Assert.True(DeviceId.TryParse(device, out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, change, null, Boss, Now, Ct));
    }
}
