using Provisioning.Core.Approvals;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Storage;

/// <summary>The queue of enrollments that wait for an administrator: fair, bounded, and forgotten in time.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_new_request_of_the_same_key_takes_the_place_of_the_one_that_waits()
    {
        var first = NewApproval();
        await AddAsync(first);
        var next = NewApproval() with { KeyThumbprint = first.KeyThumbprint };
        await AddAsync(next);
        await AddAsync(NewApproval() with { KeyThumbprint = first.KeyThumbprint, Slot = "update" });
        await AddAsync(NewApproval() with { KeyThumbprint = first.KeyThumbprint, Requester = "registrar:other" });
        await AddAsync(NewApproval() with { KeyThumbprint = first.KeyThumbprint, KeyIsMade = true });

        Assert.Null(await Database.Approvals.FindApprovalAsync(first.Id, Ct));
        Assert.NotNull(await Database.Approvals.FindApprovalAsync(next.Id, Ct));
        Assert.Equal(4, (await PendingAsync()).Count);
    }

    [Fact]
    public async Task What_was_decided_is_not_replaced()
    {
        var approved = NewApproval();
        await AddAsync(approved);
        Value(await DecideAsync(approved, approve: true));
        await AddAsync(NewApproval() with { KeyThumbprint = approved.KeyThumbprint });
        Assert.Equal(ApprovalState.Approved, (await Database.Approvals.FindApprovalAsync(approved.Id, Ct))!.State);
    }

    [Fact]
    public async Task TM_26_whoever_fills_the_queue_of_a_device_keeps_no_other_caller_out_and_no_other_key()
    {
        var stranger = new List<ApprovalRequest>();
        for (var i = 0; i < 12; i++)
        {
            Now = Now.AddSeconds(1);
            stranger.Add(NewApproval());
            await AddAsync(stranger[^1]);
        }

        Now = Now.AddSeconds(1);
        var (device, same) = (NewApproval() with { Requester = "registrar:other" }, NewApproval());
        await AddAsync(device);
        await AddAsync(same);

        // Eight at most for each caller: the oldest, which is the device's when it came first, and the newest, which is when it comes last.
        var expected = stranger[..4].Concat(stranger[9..]).Select(request => request.Id).Append(same.Id).Append(device.Id).ToHashSet();
        Assert.Equal(expected, (await PendingAsync()).Select(request => request.Id).ToHashSet());
    }

    [Fact]
    public async Task What_has_expired_leaves_the_queue_and_is_dropped_in_time()
    {
        var old = new[] { NewApproval("pump-1"), NewApproval("pump-2"), NewApproval("pump-3") };
        foreach (var request in old) await AddAsync(request);
        Now = Now.AddDays(7);
        var young = NewApproval("pump-4");
        await AddAsync(young);
        Assert.Equal([young.Id], (await PendingAsync()).Select(request => request.Id));

        Assert.Equal(0, await Database.Approvals.ForgetApprovalsAsync(Now, 2, Ct));
        Assert.Equal(2, await Database.Approvals.ForgetApprovalsAsync(Now.AddSeconds(1), 2, Ct));
        Assert.Equal(1, await Database.Approvals.ForgetApprovalsAsync(Now.AddSeconds(1), 2, Ct));
        Assert.NotNull(await Database.Approvals.FindApprovalAsync(young.Id, Ct));
    }

    [Fact]
    public async Task An_approval_can_be_taken_back_until_it_is_used()
    {
        var request = NewApproval();
        await AddAsync(request);
        Value(await DecideAsync(request, approve: true));
        var denied = Value(await DecideAsync(request, approve: false));
        Assert.Equal((ApprovalState.Denied, "wrong click"), (denied.State, denied.Reason));
        Assert.Equal(RefusalCode.NotAllowed, Code(await DecideAsync(request, approve: true)));
        Assert.Equal(
            [AuditActions.EnrollmentApproved, AuditActions.EnrollmentDenied], (await AuditAsync()).Select(entry => entry.Action));

        var admission = new Admission
        {
            DeviceRevision = null,
            NeedsApproval = true,
            Approval = request.Id,
            ApprovedHash = request.RequestHash,
        };
        await RefusedAsync(NewReservation() with { Admission = admission }, RefusalCode.PolicyChanged);

        var used = NewApproval();
        await AddAsync(used);
        Value(await DecideAsync(used, approve: true));
        await ReserveAsync(NewReservation() with { Admission = admission with { Approval = used.Id, ApprovedHash = used.RequestHash } });
        Assert.Equal(RefusalCode.NotAllowed, Code(await DecideAsync(used, approve: false)));
    }

    [Fact]
    public async Task What_is_used_up_does_not_hide_what_is_asked_for_next_whatever_the_clock_says()
    {
        var used = NewApproval();
        await AddAsync(used);
        Value(await DecideAsync(used, approve: true));
        var admission = new Admission { DeviceRevision = null, NeedsApproval = true, Approval = used.Id, ApprovedHash = used.RequestHash };
        await ReserveAsync(NewReservation() with { Admission = admission });

        Now = Now.AddSeconds(-5);
        var next = NewApproval() with { RequestHash = used.RequestHash, KeyIsMade = true, Replaces = SerialNumber.NewRandom() };
        await AddAsync(next);
        var found = await Database.Approvals.FindApprovalAsync(next.Requester, next.RequestHash, Now, Ct);
        Assert.Equal((next.Id, true, next.Replaces), (found!.Id, found.KeyIsMade, found.Replaces));
    }

    private ApprovalRequest NewApproval(string device = "pump-1") => new()
    {
        Id = NewDigest().ToString()[..32],
        State = ApprovalState.Pending,
        DeviceId = device,
        Group = "default",
        GroupVersion = 1,
        Slot = "operational",
        Requester = "registrar:line",
        RequestHash = NewDigest(),
        KeyThumbprint = NewDigest(),
        CertificationRequest = "x"u8.ToArray(),
        Attributes = new Dictionary<string, string>(),
        RequestedAt = Now,
        ExpiresAt = Now.AddDays(7),
    };

    private async Task AddAsync(ApprovalRequest request) =>
        Assert.Equal(request.Id, Value(await Database.Approvals.AddApprovalAsync(request, Ct)).Id);

    private Task<Outcome<ApprovalRequest>> DecideAsync(ApprovalRequest request, bool approve) =>
        Database.Approvals.DecideAsync(request.Id, approve, approve ? null : "wrong click", Admin, Now, Ct);

    private async Task<IReadOnlyList<ApprovalRequest>> PendingAsync() =>
        (await Database.Approvals.ListApprovalsAsync(new ApprovalQuery { State = ApprovalState.Pending, Now = Now }, Ct)).Items;
}
