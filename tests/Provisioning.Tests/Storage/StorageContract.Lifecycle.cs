using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

/// <summary>What time and administrators do to devices and their certificates.</summary>
public abstract partial class StorageContract
{
    [Theory]
    [InlineData(DeviceChange.Suspend, RefusalCode.DeviceSuspended)]
    [InlineData(DeviceChange.Decommission, RefusalCode.RequestInProgress)]
    public async Task What_is_signed_for_a_device_that_was_stopped_meanwhile_is_not_given_out(DeviceChange change, RefusalCode refusal)
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        Assert.True(DeviceId.TryParse(reservation.Holder, out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, change, null, "administrator:a", Now, Ct));
        var recorded = await Certificates.RecordAsync(reservation, "der"u8.ToArray(), Now, Ct);
        Assert.False(recorded.TryGet(out _, out var why));
        Assert.Equal(refusal, why.Code);
        Assert.NotEqual(CertificateState.Current, await StateAsync(reservation.SerialNumber));
    }

    [Fact]
    public async Task A_superseded_certificate_is_revoked_when_its_overlap_is_over_and_not_before()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old));
        await Certificates.ConfirmAsync(renewed.SerialNumber, new Succession(TimeSpan.FromHours(2), Revokes: true), Now, Ct);
        Assert.Equal(Now.AddHours(2), (await Certificates.FindAsync(old.SerialNumber, Ct))!.WorksUntil);
        Assert.Equal(0, (await Database.Successions.RevokeSupersededAsync(Now.AddHours(2).AddMilliseconds(-1), 10, Ct)).Seen);
        var (seen, authorities) = await Database.Successions.RevokeSupersededAsync(Now.AddHours(2), 10, Ct);
        Assert.Equal((1, old.Authority), (seen, Assert.Single(authorities)));
        var revoked = (await Certificates.FindAsync(old.SerialNumber, Ct))!;
        Assert.Equal((CertificateState.Revoked, RevocationReason.Superseded), (revoked.State, revoked.RevocationReason));
        Assert.Equal(0, (await Database.Successions.RevokeSupersededAsync(Now.AddDays(2), 10, Ct)).Seen);
    }

    [Fact]
    public async Task What_comes_back_after_it_was_displaced_is_not_to_end_with_the_overlap()
    {
        var succession = new Succession(TimeSpan.FromHours(2), Revokes: true);
        var old = await IssueAsync(NewReservation());
        var displaced = await IssueAsync(NewRenewal(old));
        await IssueAsync(NewRenewal(old));
        Assert.Equal(CertificateState.Superseded, await StateAsync(displaced.SerialNumber));
        await Certificates.ConfirmAsync(displaced.SerialNumber, succession, Now, Ct);
        var back = (await Certificates.FindAsync(displaced.SerialNumber, Ct))!;
        Assert.Equal((CertificateState.Current, (DateTimeOffset?)null), (back.State, back.WorksUntil));
        Assert.Equal(0, await WriteAsync("UPDATE certificates SET revoke_at = revoke_at WHERE state = 'current' AND revoke_at IS NOT NULL"));
    }

    [Fact]
    public async Task What_was_displaced_and_is_on_hold_when_a_later_one_is_confirmed_is_as_old_as_all_others()
    {
        var succession = new Succession(TimeSpan.FromHours(2), Revokes: true);
        var old = await IssueAsync(NewReservation());
        var displaced = await IssueAsync(NewRenewal(old));
        var later = await IssueAsync(NewRenewal(old));
        Assert.True(DeviceId.TryParse(old.Holder, out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, DeviceChange.Suspend, null, "administrator:a", Now, Ct));
        await WriteAsync("UPDATE certificates SET held_with_device = NULL WHERE state = 'held' AND prior_state = 'superseded'");
        Value(await Database.DeviceChanges.ChangeAsync(id, DeviceChange.Resume, null, "administrator:a", Now, Ct));
        Assert.Equal(CertificateState.Held, await StateAsync(displaced.SerialNumber));
        await Certificates.ConfirmAsync(later.SerialNumber, succession, Now, Ct);
        var held = (await Certificates.FindAsync(displaced.SerialNumber, Ct))!;
        Assert.Equal((CertificateState.Held, Now.AddHours(2)), (held.State, held.WorksUntil));
        Value(await Database.Revocations.ReleaseAsync(displaced.SerialNumber, "administrator:a", Now, Ct));
        Now = Now.AddHours(2);
        await Database.Successions.RevokeSupersededAsync(Now, 10, Ct);
        Assert.Equal(CertificateState.Revoked, await StateAsync(displaced.SerialNumber));
    }

    [Fact]
    public async Task A_suspension_keeps_the_revocation_that_comes_after_the_overlap()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old));
        await Certificates.ConfirmAsync(renewed.SerialNumber, new Succession(TimeSpan.FromHours(2), Revokes: true), Now, Ct);
        Assert.True(DeviceId.TryParse(old.Holder, out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, DeviceChange.Suspend, null, "administrator:a", Now, Ct));
        Now = Now.AddHours(3);
        Assert.Equal(0, (await Database.Successions.RevokeSupersededAsync(Now, 10, Ct)).Seen);
        Value(await Database.DeviceChanges.ChangeAsync(id, DeviceChange.Resume, null, "administrator:a", Now, Ct));
        Assert.Equal(1, (await Database.Successions.RevokeSupersededAsync(Now, 10, Ct)).Seen);
        Assert.Equal(CertificateState.Revoked, await StateAsync(old.SerialNumber));
    }

    [Fact]
    public async Task One_campaign_of_a_group_moves_windows_and_one_that_is_over_makes_room()
    {
        var first = NewCampaign();
        Value(await Database.Campaigns.AddCampaignAsync(first, Ct));
        var refused = await Database.Campaigns.AddCampaignAsync(NewCampaign(), Ct);
        Assert.False(refused.TryGet(out _, out var refusal));
        Assert.Equal(RefusalCode.CampaignRunning, refusal.Code);

        Now = first.EndsAt;
        var second = Value(await Database.Campaigns.AddCampaignAsync(NewCampaign(), Ct));
        Assert.Equal(second.Id, Assert.Single(await Database.Campaigns.ListActiveAsync(Ct)).Id);
        var over = (await Database.Campaigns.FindCampaignAsync(first.Id, Ct))!;
        Assert.Equal(CampaignState.Over, over.StateAt(Now));
        Assert.Equal(over, Value(await Database.Campaigns.StopCampaignAsync(first.Id, "administrator:a", Now, Ct)));
        var page = await Database.Campaigns.ListCampaignsAsync("pumps", 1, null, Ct);
        Assert.Equal(second.Id, Assert.Single(page.Items).Id);
        Assert.Equal(first.Id, Assert.Single((await Database.Campaigns.ListCampaignsAsync("pumps", 1, page.NextCursor, Ct)).Items).Id);
    }

    [Fact]
    public async Task A_campaign_counts_and_lists_what_is_older_than_it_page_by_page()
    {
        await SaveGroupAsync("pumps", 1);
        var old = new List<CertificateRecord>();
        for (var i = 0; i < 5; i++) old.Add(await IssueAsync(NewReservation($"pump-{i}") with { Group = "pumps", GroupVersion = 1 }));
        Now = Now.AddMinutes(1);
        var campaign = Value(await Database.Campaigns.AddCampaignAsync(NewCampaign(), Ct));
        Assert.Equal(new CampaignProgress(5, 0), await Database.Campaigns.CountAsync(campaign, Now, Ct));
        await IssueAsync(NewRenewal(old[0]) with { Group = "pumps", GroupVersion = 1 });
        Assert.Equal(new CampaignProgress(5, 1), await Database.Campaigns.CountAsync(campaign, Now, Ct));

        var listed = new List<Straggler>();
        Cursor? cursor = null;
        do
        {
            var page = await Database.Campaigns.ListStragglersAsync(campaign, Now, 2, cursor, Ct);
            listed.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(old.Select(one => one.Holder).Order(), listed.Select(one => one.Certificate.Holder).Order());
        Assert.Equal(old[0].Holder, Assert.Single(listed, one => one.IsRenewed).Certificate.Holder);
    }

    private Campaign NewCampaign() => new()
    {
        Id = Guid.NewGuid().ToString("N").ToUpperInvariant(),
        Group = "pumps",
        Reason = "New profile",
        StartsAt = Now,
        EndsAt = Now.AddHours(6),
        CreatedAt = Now,
        CreatedBy = "administrator:a",
    };
}
