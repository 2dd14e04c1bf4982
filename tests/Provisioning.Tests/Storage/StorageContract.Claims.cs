using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

/// <summary>What a claim is good for.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task TM_04_a_claim_is_for_one_key_in_all_slots()
    {
        await AddBatchAsync();
        var first = NewReservation() with { Admission = Claiming };
        await ReserveAsync(first);

        // On its way, and again when it is there.
        await RefusedAsync(NewReservation() with { Slot = "update", Admission = Claiming with { DeviceRevision = 0 } }, RefusalCode.AlreadyClaimed, CloneSign.ClaimedTwice);
        await RecordAsync(first);
        Now = Now.AddHours(1);
        var other = NewReservation() with { Slot = "update", Admission = Claiming with { DeviceRevision = 1 } };
        await RefusedAsync(other, RefusalCode.AlreadyClaimed, CloneSign.ClaimedTwice);

        await IssueAsync(other with { KeyThumbprint = first.KeyThumbprint });
    }

    [Fact]
    public async Task A_claim_that_came_to_nothing_is_none()
    {
        await AddBatchAsync();
        var first = NewReservation() with { Admission = Claiming };
        await ReserveAsync(first);
        await Certificates.AbandonAsync(first.SerialNumber, Now, Ct);
        await IssueAsync(NewReservation() with { Admission = Claiming with { DeviceRevision = 0 } });
    }

    [Fact]
    public async Task A_claim_does_not_undo_a_revocation()
    {
        await AddBatchAsync();
        var claimed = await IssueAsync(NewReservation() with { Admission = Claiming });
        await RevokeAsync(claimed, RevocationReason.CessationOfOperation);
        foreach (var slot in new[] { "operational", "update" })
        {
            var again = NewReservation() with { KeyThumbprint = claimed.KeyThumbprint, Slot = slot, Admission = Claiming with { DeviceRevision = 1 } };
            await RefusedAsync(again, RefusalCode.AlreadyClaimed);
        }
    }

    [Fact]
    public async Task TM_02_a_device_that_is_bound_to_a_key_and_comes_with_another_is_marked()
    {
        var expected = NewDigest();
        Assert.True(Core.Devices.DeviceId.TryParse("pump-1", out var id));
        var announced = await Database.ExpectedDevices.ExpectAsync(
            new Core.Devices.Announcement("default", null, Admin, Now), [new Core.Devices.ExpectedDevice(id) { Key = expected }], Ct);
        Value(Assert.Single(announced));
        var device = (await Database.Devices.FindDeviceAsync(id, Ct))!;
        var admission = new Admission { DeviceRevision = device.Revision, ExpectedKey = device.ExpectedKey };

        await RefusedAsync(NewReservation() with { Admission = admission }, RefusalCode.KeyMismatch, CloneSign.UnexpectedKey);
        Assert.Equal(("pump-1", "unexpected-key"), ((await AuditAsync())[^1].Holder, (await AuditAsync())[^1].Detail));
        await IssueAsync(NewReservation() with { Admission = admission, KeyThumbprint = expected });
    }

    private static Admission Claiming => new() { DeviceRevision = null, ClaimBatch = "week-4" };

    private async Task AddBatchAsync() => Value(await Database.ClaimBatches.AddBatchAsync(
        new ClaimBatch { Name = "week-4", Group = "default", CreatedAt = Now, CreatedBy = Admin }, Ct));
}
