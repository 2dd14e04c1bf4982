using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Tests.Storage;

/// <summary>What the reserve transaction compares with what the plan rests on, and what it marks.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_plan_of_an_older_version_of_the_group_is_not_carried_out()
    {
        await SaveGroupAsync("pumps", 1);
        await ReserveAsync(NewReservation("pump-1") with { Group = "pumps", GroupVersion = 1 });
        await SaveGroupAsync("pumps", 2);
        await RefusedAsync(NewReservation("pump-2") with { Group = "pumps", GroupVersion = 1 }, RefusalCode.PolicyChanged);
        await RefusedAsync(NewReservation("pump-2") with { Group = "none", GroupVersion = 1 }, RefusalCode.PolicyChanged);
        await ReserveAsync(NewReservation("pump-2") with { Group = "pumps", GroupVersion = 2 });
    }

    [Fact]
    public async Task A_plan_that_rests_on_an_older_state_of_the_device_is_not_carried_out()
    {
        var known = NewReservation() with { Admission = new Admission { DeviceRevision = 0 } };
        await RefusedAsync(known, RefusalCode.PolicyChanged);
        await IssueAsync(NewReservation() with { Admission = new Admission { DeviceRevision = null } });
        await RefusedAsync(NewReservation() with { Admission = new Admission { DeviceRevision = null } }, RefusalCode.PolicyChanged);
    }

    [Fact]
    public async Task A_renewal_that_rests_on_an_older_state_of_the_device_is_not_carried_out()
    {
        var current = await IssueAsync(NewReservation());
        Assert.True(DeviceId.TryParse(current.Holder, out var id));
        var revision = (await Database.Devices.FindDeviceAsync(id, Ct))!.Revision;
        await RefusedAsync(NewRenewal(current) with { DeviceRevision = revision - 1 }, RefusalCode.PolicyChanged);
        await ReserveAsync(NewRenewal(current) with { DeviceRevision = revision });
    }

    [Fact]
    public async Task A_plan_that_rests_on_an_older_scope_of_the_registrar_is_not_carried_out()
    {
        await Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, Now, Ct);
        var planned = new Admission { DeviceRevision = null, Registrar = "line", RegistrarRevision = 0 };
        await Database.Principals.SetScopeAsync("line", new ScopeDefinition { DailyLimit = 3 }, null, "administrator:a", Now, Ct);
        await RefusedAsync(NewReservation() with { Admission = planned }, RefusalCode.PolicyChanged);
        await ReserveAsync(NewReservation() with { Admission = planned with { RegistrarRevision = 1 } });
        Assert.Equal(3, (await Database.Principals.FindPrincipalAsync("line", Ct))!.Scope!.DailyLimit);
    }

    [Fact]
    public async Task A_caller_whose_certificate_is_revoked_meanwhile_gets_nothing()
    {
        var caller = await IssueAsync(NewReservation("line") with { HolderKind = HolderKind.Registrar });
        var admission = new Admission { DeviceRevision = null, CallerCertificate = caller.SerialNumber };
        await ReserveAsync(NewReservation("pump-1") with { Admission = admission });
        await Database.Revocations.RevokeAsync(caller.SerialNumber, Core.Revocation.RevocationReason.Superseded, "a", Now, Ct);
        await RefusedAsync(NewReservation("pump-2") with { Admission = admission }, RefusalCode.NotAllowed);
    }

    [Fact]
    public async Task Each_slot_has_a_current_certificate_of_its_own()
    {
        var operational = await IssueAsync(NewReservation());
        var update = await IssueAsync(NewReservation() with { Slot = "update" });
        await RefusedAsync(NewReservation() with { Slot = "update" }, RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
        var renewed = await IssueAsync(NewRenewal(update) with { Slot = "update" });
        await Certificates.ConfirmAsync(renewed.SerialNumber, Succession.Immediate, Now, Ct);
        Assert.Equal(CertificateState.Superseded, await StateAsync(update.SerialNumber));
        Assert.Equal(CertificateState.Current, await StateAsync(operational.SerialNumber));
    }

    [Fact]
    public async Task A_device_that_is_tried_over_and_over_is_marked_once_an_hour()
    {
        await IssueAsync(NewReservation());
        await RefusedAsync(NewReservation(), RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
        var rows = await RowsAsync();
        for (var i = 0; i < 5; i++) await Certificates.ReserveAsync(NewReservation(), Ct);
        Assert.Equal(rows, await RowsAsync());
        Now = Now.AddHours(1);
        await RefusedAsync(NewReservation(), RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
    }

    [Fact]
    public async Task A_question_that_is_meant_leaves_the_marks_of_its_refusal_and_another_leaves_none()
    {
        await IssueAsync(NewReservation());
        await OpenAsync(NewLot(quota: 1));
        await IssueAsync(await ForLotAsync("pump-2"));
        var (clone, beyond) = (NewReservation(), await ForLotAsync("pump-3"));
        var rows = await RowsAsync();
        foreach (var isMeant in new[] { false, true })
        {
            var refused = Assert.IsType<ReserveResult.Refused>(await Certificates.ProbeAsync(clone, isMeant, Ct));
            Assert.Equal(RefusalCode.DeviceAlreadyBound, refused.Refusal.Code);
            refused = Assert.IsType<ReserveResult.Refused>(await Certificates.ProbeAsync(beyond, isMeant, Ct));
            Assert.Equal(RefusalCode.QuotaExhausted, refused.Refusal.Code);
            Assert.Equal(isMeant ? rows + 1 : rows, await RowsAsync());
            Assert.Equal((1, 0, isMeant ? 1 : 0, 0), await CountsAsync());
        }
    }

    [Theory]
    [InlineData(CloneReaction.Alarm, DeviceState.Active)]
    [InlineData(CloneReaction.Quarantine, DeviceState.Quarantined)]
    public async Task The_holder_of_a_key_that_another_device_shows_is_dealt_with_as_its_group_says(CloneReaction reaction, DeviceState state)
    {
        await SaveGroupAsync("pumps", 1, reaction);
        var issued = await IssueAsync(NewReservation() with { Group = "pumps", GroupVersion = 1 });
        await Certificates.ReserveAsync(NewReservation("pump-2") with { KeyThumbprint = issued.KeyThumbprint }, Ct);
        Assert.True(DeviceId.TryParse("pump-1", out var id));
        Assert.Equal(state, (await Database.Devices.FindDeviceAsync(id, Ct))!.State);
    }

    [Fact]
    public async Task A_registrar_with_a_daily_limit_is_given_no_more_on_a_day()
    {
        await Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, Now, Ct);
        var admission = new Admission { DeviceRevision = null, Registrar = "line", DailyLimit = 3 };
        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            Certificates.ReserveAsync(NewReservation($"pump-{i}") with { Admission = admission }, Ct)));
        Assert.Equal(3, all.Count(result => result is ReserveResult.Reserved));
        var refusals = all.OfType<ReserveResult.Refused>().Select(refused => refused.Refusal).ToList();
        Assert.All(refusals, refusal => Assert.Equal((RefusalCode.DailyLimit, TimeSpan.FromHours(16)), (refusal.Code, refusal.RetryAfter)));
        Now = Now.AddHours(16);
        await ReserveAsync(NewReservation("pump-x") with { Admission = admission });
    }

    [Fact]
    public async Task The_versions_of_a_group_are_kept_and_none_is_skipped_or_written_twice()
    {
        await SaveGroupAsync("pumps", 1);
        await SaveGroupAsync("pumps", 2, CloneReaction.Quarantine);
        foreach (var version in new[] { 1, 2, 4 })
        {
            var saved = await Database.Groups.SaveGroupAsync(NewGroup("pumps", version, CloneReaction.Alarm), "a", Now, Ct);
            Assert.Equal(RefusalCode.PreconditionFailed, Code(saved));
        }

        var versions = await Database.Groups.ListGroupVersionsAsync("pumps", Ct);
        Assert.Equal([(2, CloneReaction.Quarantine), (1, CloneReaction.Alarm)], versions.Select(v => ((int)v.Group.Version, v.Group.Definition.OnClone)));
        Assert.Equal(2, (await Database.Groups.ListGroupsAsync(Ct)).Single().Group.Version);
    }

    [Fact]
    public async Task A_group_stays_usable_when_rules_came_that_it_would_not_be_saved_under()
    {
        var definition = new GroupDefinition { Description = "two\nlines", DeviceIdPattern = "pümp-[0-9]+" };
        Assert.False(EnrollmentGroup.Create("pumps", 1, definition).TryGet(out _, out _));
        Value(await Database.Groups.SaveGroupAsync(EnrollmentGroup.OnRecord("pumps", 1, definition), "administrator:a", Now, Ct));
        var read = (await Database.Groups.ListGroupsAsync(Ct)).Single(version => version.Group.Name == "pumps").Group;
        Assert.Equal("two\nlines", read.Definition.Description);
        Assert.True(read.DeviceIdPattern!.IsMatch("pümp-1"));
    }

    private async Task SaveGroupAsync(string name, long version, CloneReaction onClone = CloneReaction.Alarm) =>
        Value(await Database.Groups.SaveGroupAsync(NewGroup(name, version, onClone), "administrator:a", Now, Ct));

    private static EnrollmentGroup NewGroup(string name, long version, CloneReaction onClone) =>
        Value(EnrollmentGroup.Create(name, version, new GroupDefinition { OnClone = onClone }));
}
