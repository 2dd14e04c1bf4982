using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Revocation.Jobs;

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
        Assert.Equal(CertificateState.Current, Value(await Database.Revocations.ReleaseAsync(held.SerialNumber, Admin, Now, Ct)).State);
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

    [Fact]
    public async Task A_release_that_was_planned_before_somebody_held_the_certificate_for_himself_leaves_it_on_hold()
    {
        var held = await IssueAsync(NewReservation("pump-1"));
        var other = await IssueAsync(NewReservation("pump-2"));
        Now = Now.AddSeconds(1);
        var hold = await FinishAsync(await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Authority = "issuing" })));
        var release = await StartAsync(new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = hold.Id }));
        var (row, part) = await Database.Writer.RunAsync(
            transaction =>
            {
                var found = RevocationJobRow.Find(transaction, release.Id)!;
                return (found, RevocationPart.PlanAsync(transaction.Session, (found, Now), Ct).AsTask().GetAwaiter().GetResult());
            },
            Ct);
        Assert.Equal(2, part.Certificates.Count);
        await RevokeAsync(held, RevocationReason.CertificateHold);

        var step = await Database.Writer.RunAsync(
            transaction => new RevocationPartOperation(transaction, row, part, "one", Now).Run(), Ct);

        Assert.Equal((1, 0), (step.Changed, step.Job!.Failed));
        Assert.Equal((CertificateState.Held, CertificateState.Current), (await StateAsync(held.SerialNumber), await StateAsync(other.SerialNumber)));
    }

    private async Task ChangeAsync(string device, DeviceChange change)
    {
        Assert.True(DeviceId.TryParse(device, out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, change, null, Boss, Now, Ct));
    }
}
