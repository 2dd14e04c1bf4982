using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;

namespace Provisioning.Tests.Storage;

/// <summary>Revocations of many certificates, part by part.</summary>
public abstract partial class StorageContract
{
    private const string Boss = "administrator:a";

    private IRevocationJobStore Jobs => Database.RevocationJobs;

    [Fact]
    public async Task A_job_revokes_what_its_filter_fits_with_an_audit_entry_each_and_nothing_else()
    {
        var wanted = new List<CertificateRecord>();
        for (var i = 0; i < 20; i++) wanted.Add(await IssueIntoAsync("pumps", NewReservation($"pump-{i}")));
        var other = await IssueIntoAsync("valves", NewReservation("valve-1"));
        var person = await IssueIntoAsync("pumps", NewReservation("boss") with { HolderKind = HolderKind.Administrator });
        Now = Now.AddSeconds(1);

        var order = Revoke(RevocationReason.Superseded, new RevocationFilter { Group = "pumps" });
        var count = await Jobs.CountAsync(order, Now, Ct);
        Assert.Equal((20, "pumps", 20), (count.Certificates, count.Groups[0].Key, count.Groups[0].Value));
        Assert.Equal(RevocationCount.MaxSamples, count.Samples.Count);
        var before = (await AuditAsync()).Count;
        var next = Database.FeedSignal.Next;
        var job = await FinishAsync(await StartAsync(order));
        await next.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.Equal((RevocationJobState.Finished, 20, 0), (job.State, job.Done, job.Failed));
        foreach (var one in wanted)
        {
            var row = (await Certificates.FindAsync(one.SerialNumber, Ct))!;
            Assert.Equal((CertificateState.Revoked, RevocationReason.Superseded, Now), (row.State, row.RevocationReason, row.RevokedAt));
        }

        Assert.NotEqual(CertificateState.Revoked, await StateAsync(other.SerialNumber));
        Assert.NotEqual(CertificateState.Revoked, await StateAsync(person.SerialNumber));
        var entries = (await AuditAsync()).Skip(before).Where(entry => entry.Action == AuditActions.CertificateRevoked).ToList();
        Assert.Equal(wanted.Select(one => one.SerialNumber.ToString()).Order(), entries.Select(entry => entry.SerialNumber).Order());
        Assert.All(entries, entry => Assert.Equal((Boss, "superseded"), (entry.Actor, entry.Detail)));
        Assert.Equal(0, (await Jobs.CountAsync(order, Now, Ct)).Certificates);
    }

    [Fact]
    public async Task Each_condition_narrows_what_a_job_concerns_and_all_of_them_must_fit()
    {
        var first = await IssueIntoAsync("pumps", NewReservation("pump-1"));
        Now = Now.AddMinutes(10);
        var second = await IssueIntoAsync("pumps", NewReservation("pump-2") with { Profile = "other" });
        await WriteAsync("UPDATE devices SET lot = 'L1' WHERE device_id = 'pump-2'");
        Now = Now.AddMinutes(10);
        await OnlyAsync(new RevocationFilter { ReservedFrom = first.ReservedAt.AddSeconds(1) }, second);
        await OnlyAsync(new RevocationFilter { ReservedBefore = second.ReservedAt }, first);
        await OnlyAsync(new RevocationFilter { Lot = "L1" }, second);
        await OnlyAsync(new RevocationFilter { Profile = "device", Authority = "issuing" }, first);
        await OnlyAsync(new RevocationFilter { Devices = ["pump-2", "nobody"] }, second);
        await OnlyAsync(new RevocationFilter { SerialNumbers = [first.SerialNumber.ToString(), second.SerialNumber.ToString()], Devices = ["pump-1"] }, first);
        await OnlyAsync(new RevocationFilter { Devices = ["pump-2"], Profile = "device" });
        await OnlyAsync(new RevocationFilter { Group = "pumps", Authority = "another" });
    }

    [Fact]
    public async Task What_a_job_has_done_is_done_once_also_when_two_plan_the_same_part()
    {
        for (var i = 0; i < 5; i++) await IssueIntoAsync("pumps", NewReservation($"pump-{i}"));
        Now = Now.AddSeconds(1);
        var job = await StartAsync(Revoke(RevocationReason.Unspecified, new RevocationFilter { Group = "pumps" }));
        var steps = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Jobs.AdvanceAsync(job.Id, "one", Now, Ct)));
        Assert.Equal(5, steps.Sum(step => step.Changed));
        var finished = await FinishAsync(job, "one");
        Assert.Equal(5, finished.Done);
        Assert.Equal(5, (await AuditAsync()).Count(entry => entry.Action == AuditActions.CertificateRevoked));
        Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.RevocationJobFinished);
    }

    [Fact]
    public async Task One_node_works_on_a_job_until_it_has_not_been_heard_of_for_5_s()
    {
        await IssueAsync(NewReservation());
        Now = Now.AddSeconds(1);
        var job = await StartAsync(Revoke(RevocationReason.Unspecified, new RevocationFilter { Authority = "issuing" }));
        Assert.Equal(1, (await Jobs.AdvanceAsync(job.Id, "one", Now, Ct)).Changed);
        Assert.True((await Jobs.AdvanceAsync(job.Id, "two", Now.AddSeconds(4), Ct)).MustWait);
        Assert.Equal(RevocationJobState.Running, (await Jobs.FindJobAsync(job.Id, Ct))!.State);
        await RestartAsync();
        Assert.Equal(job.Id, Assert.Single(await Jobs.ListRunningAsync(Ct)));
        Assert.Equal(RevocationJobState.Finished, (await Jobs.AdvanceAsync(job.Id, "two", Now.AddSeconds(5), Ct)).Job!.State);
    }

    [Fact]
    public async Task A_certificate_that_was_renewed_while_the_job_ran_is_revoked_too_and_a_later_enrollment_is_not()
    {
        var old = await IssueAsync(NewReservation("pump-1"));
        await Certificates.ConfirmAsync(old.SerialNumber, new Succession(TimeSpan.FromDays(1), Revokes: false), Now, Ct);
        Now = Now.AddSeconds(1);
        var job = await StartAsync(Revoke(RevocationReason.CessationOfOperation, new RevocationFilter { Devices = ["pump-1", "pump-2"] }));
        Now = Now.AddSeconds(1);
        var renewal = NewRenewal(old);
        await ReserveAsync(renewal);
        var later = await IssueAsync(NewReservation("pump-2"));
        var finished = await FinishAsync(job);
        Assert.Equal(CertificateState.Revoked, await StateAsync(renewal.SerialNumber));
        Assert.Equal(CertificateState.Revoked, await StateAsync(old.SerialNumber));
        Assert.NotEqual(CertificateState.Revoked, await StateAsync(later.SerialNumber));
        Assert.Equal(2, finished.Done);
    }

    [Fact]
    public async Task A_compromise_blocks_the_keys_and_takes_every_certificate_with_them()
    {
        var one = NewReservation("pump-1");
        var first = await IssueIntoAsync("pumps", one);
        var second = await IssueIntoAsync("others", NewRenewal(first) with { KeyThumbprint = one.KeyThumbprint });
        Now = Now.AddSeconds(1);
        var finished = await FinishAsync(await StartAsync(Revoke(RevocationReason.KeyCompromise, new RevocationFilter { Group = "pumps" })));
        Assert.Equal(CertificateState.Revoked, await StateAsync(first.SerialNumber));
        Assert.Equal(CertificateState.Revoked, await StateAsync(second.SerialNumber));
        Assert.Equal(2, finished.Done);
        await RefusedAsync(NewReservation("pump-1") with { KeyThumbprint = one.KeyThumbprint }, RefusalCode.KeyBlocked);
    }

    [Fact]
    public async Task What_a_job_held_another_releases_but_nothing_that_was_held_or_revoked_otherwise()
    {
        var all = new List<CertificateRecord>();
        for (var i = 0; i < 5; i++) all.Add(await IssueAsync(NewReservation($"pump-{i}")));
        await Database.Revocations.RevokeAsync(all[0].SerialNumber, RevocationReason.CertificateHold, Boss, Now, Ct);
        Now = Now.AddSeconds(1);
        var hold = await FinishAsync(await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Authority = "issuing" })));
        Assert.Equal(4, hold.Done);
        foreach (var one in all) Assert.Equal(CertificateState.Held, await StateAsync(one.SerialNumber));

        // One is held for itself now, one is revoked for good, one is of a device that was suspended.
        await Database.Revocations.RevokeAsync(all[1].SerialNumber, RevocationReason.CertificateHold, Boss, Now, Ct);
        await Database.Revocations.RevokeAsync(all[2].SerialNumber, RevocationReason.Superseded, Boss, Now, Ct);
        Assert.True(DeviceId.TryParse("pump-3", out var suspended));
        await Database.DeviceChanges.ChangeAsync(suspended, DeviceChange.Suspend, null, Boss, Now, Ct);
        var order = new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = hold.Id });
        Assert.Equal(2, (await Jobs.CountAsync(order, Now.AddSeconds(1), Ct)).Certificates);
        Now = Now.AddSeconds(1);
        Assert.Equal(2, (await FinishAsync(await StartAsync(order))).Done);

        Assert.Equal(
            [CertificateState.Held, CertificateState.Held, CertificateState.Revoked, CertificateState.Held, CertificateState.Current],
            await Task.WhenAll(all.Select(one => StateAsync(one.SerialNumber))));
        await Database.DeviceChanges.ChangeAsync(suspended, DeviceChange.Resume, null, Boss, Now, Ct);
        Assert.Equal(CertificateState.Current, await StateAsync(all[3].SerialNumber));
    }

    [Fact]
    public async Task A_hold_waits_for_what_is_being_signed_and_a_release_counts_what_has_another_certificate_by_now()
    {
        var pending = NewReservation("pump-1");
        await ReserveAsync(pending);
        Now = Now.AddSeconds(1);
        var job = await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Authority = "issuing" }));
        Assert.False((await Jobs.AdvanceAsync(job.Id, "one", Now, Ct)).MustWait);
        Assert.True((await Jobs.AdvanceAsync(job.Id, "one", Now, Ct)).MustWait);
        await RecordAsync(pending);
        Assert.Equal(1, (await FinishAsync(job, "one")).Done);
        Assert.Equal(CertificateState.Held, await StateAsync(pending.SerialNumber));

        await WriteAsync("UPDATE certificates SET prior_state = 'current'");
        var other = await IssueAsync(NewReservation("pump-2"));
        await Certificates.ConfirmAsync(other.SerialNumber, new Succession(TimeSpan.FromDays(1), Revokes: false), Now, Ct);
        await WriteAsync("UPDATE certificates SET holder = 'pump-1' WHERE holder = 'pump-2'");
        Now = Now.AddSeconds(1);
        var released = await FinishAsync(await StartAsync(
            new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = job.Id })));
        Assert.Equal((0, 1), (released.Done, released.Failed));
        Assert.Equal(CertificateState.Held, await StateAsync(pending.SerialNumber));
    }

    [Fact]
    public async Task A_preview_makes_one_job_and_a_stopped_one_stays_where_it_is()
    {
        var certificate = await IssueAsync(NewReservation());
        Now = Now.AddSeconds(1);
        var offer = NewOffer(Revoke(RevocationReason.Unspecified, new RevocationFilter { Authority = "issuing" }));
        await Jobs.AddOfferAsync(offer, Ct);
        Assert.Equal(offer.Order.Filter, (await Jobs.FindOfferAsync(offer.TokenHash, Ct))!.Order.Filter);
        var job = Value(await Jobs.ConfirmAsync(offer, NewJobId(), 1, waits: true, Now, Ct));
        Assert.Equal(job.Id, Value(await Jobs.ConfirmAsync(offer, NewJobId(), 1, waits: true, Now, Ct)).Id);
        Assert.Equal(job.Id, (await Jobs.FindConfirmedAsync(offer.TokenHash, Ct))!.Id);
        Assert.Null(await Jobs.FindOfferAsync(offer.TokenHash, Ct));
        Assert.Equal(RefusalCode.BadConfirmation, Code(await Jobs.ConfirmAsync(NewOffer(offer.Order), NewJobId(), 1, waits: false, Now, Ct)));

        Assert.Empty(await Jobs.ListRunningAsync(Ct));
        Assert.Equal(RefusalCode.NotAllowed, Code(await Jobs.ApproveAsync(job.Id, Boss, Now, Ct)));
        Assert.Equal(RevocationJobState.Running, Value(await Jobs.ApproveAsync(job.Id, "administrator:b", Now, Ct)).State);
        var stopped = Value(await Jobs.StopAsync(job.Id, Boss, Now, Ct));
        Assert.Equal(stopped, Value(await Jobs.StopAsync(job.Id, "administrator:b", Now.AddDays(1), Ct)));
        Assert.Equal((0, RevocationJobState.Stopped), ((await Jobs.AdvanceAsync(job.Id, "one", Now, Ct)).Changed, stopped.State));
        Assert.NotEqual(CertificateState.Revoked, await StateAsync(certificate.SerialNumber));

        var second = await StartAsync(offer.Order with { Reason = RevocationReason.Superseded });
        var page = await Jobs.ListJobsAsync(1, null, Ct);
        Assert.Equal(second.Id, Assert.Single(page.Items).Id);
        Assert.Equal(job.Id, Assert.Single((await Jobs.ListJobsAsync(1, page.NextCursor, Ct)).Items).Id);
        Assert.Equal(RefusalCode.NotFound, Code(await Jobs.StopAsync("none", Boss, Now, Ct)));
    }

    private async Task<CertificateRecord> IssueIntoAsync(string group, Reservation reservation)
    {
        var issued = await IssueAsync(reservation);
        await WriteAsync($"UPDATE certificates SET group_name = '{group}' WHERE group_name IS NULL");
        return issued;
    }

    private static RevocationOrder Revoke(RevocationReason reason, RevocationFilter filter) => new(RevocationJobKind.Revoke, reason, filter);

    private static string NewJobId() => Guid.NewGuid().ToString("N").ToUpperInvariant();

    private RevocationOffer NewOffer(RevocationOrder order) => new()
    {
        TokenHash = NewDigest(),
        Order = order,
        Certificates = 1,
        CreatedAt = Now,
        CreatedBy = Boss,
        ExpiresAt = Now.AddMinutes(15),
    };

    private async Task<RevocationJob> StartAsync(RevocationOrder order)
    {
        Now = Now.AddSeconds(1);
        var offer = NewOffer(order);
        await Jobs.AddOfferAsync(offer, Ct);
        return Value(await Jobs.ConfirmAsync(offer, NewJobId(), offer.Certificates, waits: false, Now, Ct));
    }

    private async Task<RevocationJob> FinishAsync(RevocationJob job, string worker = "worker")
    {
        for (var i = 0; i < 100; i++)
            if (await Jobs.AdvanceAsync(job.Id, worker, Now, Ct) is { Job: { IsOver: true } over }) return over;
        throw new InvalidOperationException("The job does not end.");
    }

    private async Task OnlyAsync(RevocationFilter filter, params CertificateRecord[] wanted)
    {
        var order = Revoke(RevocationReason.CertificateHold, filter);
        var count = await Jobs.CountAsync(order, Now, Ct);
        Assert.Equal(wanted.Select(one => one.SerialNumber), count.Samples.Select(one => one.SerialNumber));
        var hold = await FinishAsync(await StartAsync(order));
        Assert.Equal(wanted.Length, hold.Done);
        foreach (var one in wanted) Assert.Equal(CertificateState.Held, await StateAsync(one.SerialNumber));
        Now = Now.AddSeconds(1);
        await FinishAsync(await StartAsync(new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = hold.Id })));
        foreach (var one in wanted) Assert.NotEqual(CertificateState.Held, await StateAsync(one.SerialNumber));
    }
}
