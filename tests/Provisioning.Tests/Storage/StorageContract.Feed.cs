using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Tests.Storage;

// IFeedStore.
public abstract partial class StorageContract
{
    [Fact]
    public async Task Relying_parties_are_told_in_order_what_was_revoked_held_and_released_and_nothing_else()
    {
        var (first, second) = (await IssueAsync(NewReservation()), await IssueAsync(NewReservation("pump-2")));
        var next = Database.FeedSignal.Next;
        Now = Now.AddMinutes(1);
        var revoked = await RevokeAsync(first, RevocationReason.KeyCompromise);
        await next.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await HoldAsync(second);
        Value(await Database.Revocations.ReleaseAsync(second.SerialNumber, Admin, Now, Ct));
        Assert.True(DeviceId.TryParse("pump-2", out var id));
        foreach (var change in new[] { DeviceChange.Quarantine, DeviceChange.Release, DeviceChange.Suspend, DeviceChange.Resume, DeviceChange.Decommission })
            Value(await Database.DeviceChanges.ChangeAsync(id, change, "because", Admin, Now, Ct));

        var events = await Database.Feed.ReadEventsAsync(0, 100, Ct);
        Assert.Equal(
            [
                FeedEventKind.CertificateRevoked, FeedEventKind.CertificateHeld, FeedEventKind.CertificateReleased, FeedEventKind.DeviceQuarantined,
                FeedEventKind.DeviceReleased, FeedEventKind.CertificateHeld, FeedEventKind.DeviceSuspended, FeedEventKind.CertificateReleased,
                FeedEventKind.DeviceResumed, FeedEventKind.CertificateRevoked, FeedEventKind.DeviceDecommissioned,
            ],
            events.Select(told => told.Kind));
        var audit = await AuditAsync();
        Assert.Equal(events.Select(told => told.Sequence), audit.Where(entry => FeedEventKinds.OfAction(entry.Action) is not null).Select(entry => entry.Sequence));
        Assert.Equal((RevocationReason.KeyCompromise, Now, "pump-1"), (events[0].Reason, events[0].At, events[0].Holder));
        Assert.Equal(revoked, events[0].Certificate);
        Assert.Equal((RevocationReason.CertificateHold, (RevocationReason?)null, RevocationReason.CessationOfOperation), (events[1].Reason, events[2].Reason, events[9].Reason));
        Assert.Null(events[^1].Certificate);
        Assert.Equal(events.Count - 1, await Database.Feed.CountEventsAsync(events[0].Sequence, 100, Ct));
        Assert.Equal(2, await Database.Feed.CountEventsAsync(0, 2, Ct));
        Assert.Equal((events[^1].Sequence, audit[^1].Sequence), (await Database.Feed.ReadLastEventAsync(Ct), await Database.Feed.ReadHeadAsync(Ct)));
    }

    [Fact]
    public async Task Whoever_reads_on_behind_the_last_number_misses_nothing_and_gets_nothing_twice()
    {
        Assert.Equal((0, 0), (await Database.Feed.ReadHeadAsync(Ct), await Database.Feed.ReadLastEventAsync(Ct)));
        var serials = new List<SerialNumber>();
        for (var i = 0; i < 7; i++)
        {
            var issued = await IssueAsync(NewReservation($"pump-{i}"));
            serials.Add((await RevokeAsync(issued, RevocationReason.Superseded)).SerialNumber);
        }

        var (read, after) = (new List<SerialNumber>(), 0L);
        while (await Database.Feed.ReadEventsAsync(after, 3, Ct) is { Count: > 0 } page)
        {
            Assert.True(page.Count == 3 || read.Count == 6);
            read.AddRange(page.Select(told => told.Certificate!.SerialNumber));
            after = page[^1].Sequence;
        }

        Assert.Equal(serials, read);
    }

    [Fact]
    public async Task TM_39_the_revocation_of_a_certificate_whose_row_is_damaged_is_told_all_the_same()
    {
        for (var i = 0; i < 4; i++) await RevokeAsync(await IssueAsync(NewReservation($"pump-{i}")), RevocationReason.Superseded);
        await WriteAsync("UPDATE certificates SET tbs_hash = serial WHERE holder = 'pump-1'");

        var (all, after) = (new List<FeedEvent>(), 0L);
        while (await Database.Feed.ReadEventsAsync(after, 1, Ct) is { Count: > 0 } page)
        {
            all.AddRange(page);
            after = page[^1].Sequence;
        }

        // Without its certificate it is told all the same: it is the revocation that counts.
        Assert.Equal(["pump-0", "pump-1", "pump-2", "pump-3"], all.Select(told => told.Holder));
        Assert.Equal((null, true), (all[1].Certificate, all[1].SerialNumber is { Length: > 0 }));
    }

    [Fact]
    public async Task Nobody_is_woken_by_what_relying_parties_are_not_told()
    {
        var next = Database.FeedSignal.Next;
        var issued = await IssueAsync(NewReservation());
        Assert.False(next.IsCompleted);
        await RevokeAsync(issued, RevocationReason.Unspecified);
        await next.WaitAsync(TimeSpan.FromSeconds(30), Ct);
    }
}
