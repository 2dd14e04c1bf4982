using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;

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

    [Fact]
    public async Task A_device_is_resumed_also_when_one_of_its_certificates_has_lost_its_place_to_another()
    {
        var overlap = new Succession(TimeSpan.FromDays(1), Revokes: false);
        var first = await IssueAsync(NewReservation("pump-1"));
        await Certificates.ConfirmAsync(first.SerialNumber, overlap, Now, Ct);
        var old = await IssueAsync(NewRenewal(first));
        await Certificates.ConfirmAsync(old.SerialNumber, overlap, Now, Ct);
        var hold = await FinishAsync(await StartAsync(
            Revoke(RevocationReason.CertificateHold, new RevocationFilter { SerialNumbers = [old.SerialNumber.ToString()] })));

        // In the overlap the one before renews too, and what it gets takes the place.
        var next = await IssueAsync(NewRenewal(first));
        await Certificates.ConfirmAsync(next.SerialNumber, overlap, Now, Ct);
        await ChangeAsync("pump-1", DeviceChange.Suspend);
        await FinishAsync(await StartAsync(new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = hold.Id })));

        await ChangeAsync("pump-1", DeviceChange.Resume);

        Assert.Equal(CertificateState.Current, await StateAsync(next.SerialNumber));
        Assert.Equal(CertificateState.Held, await StateAsync(old.SerialNumber));
        Assert.Equal(RefusalCode.DeviceAlreadyBound, Code(await Database.Revocations.ReleaseAsync(old.SerialNumber, Admin, Now, Ct)));
        Assert.Equal(CertificateState.Revoked, (await RevokeAsync(old, RevocationReason.Superseded)).State);
    }

    private async Task ChangeAsync(string device, DeviceChange change)
    {
        Assert.True(DeviceId.TryParse(device, out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, change, null, Boss, Now, Ct));
    }
}
