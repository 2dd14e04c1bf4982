using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// Renewals: item 5 of ICertificateStore.ReserveAsync, and ConfirmAsync.
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_renewal_leaves_the_old_certificate_in_use_until_the_new_one_is_seen()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old));
        Assert.Equal(CertificateState.Issued, renewed.State);
        Assert.Equal(CertificateState.Current, await StateAsync(old.SerialNumber));

        var confirmed = await Certificates.ConfirmAsync(renewed.SerialNumber, Succession.Immediate, Now, Ct);
        Assert.Equal(renewed with { State = CertificateState.Current, SeenAt = Now, LastSeenAt = Now }, confirmed);
        Assert.Equal(CertificateState.Superseded, await StateAsync(old.SerialNumber));
        var entry = (await AuditAsync())[^1];
        Assert.Equal(
            (AuditActions.CertificateConfirmed, "device:pump-1", renewed.SerialNumber.ToString()),
            (entry.Action, entry.Actor, entry.SerialNumber));
    }

    [Fact]
    public async Task What_is_not_unconfirmed_is_seen_and_nothing_else()
    {
        var current = await IssueAsync(NewReservation());
        var entries = (await AuditAsync()).Count;
        var seen = current with { SeenAt = Now, LastSeenAt = Now };
        Assert.Equal(seen, await Certificates.ConfirmAsync(current.SerialNumber, Succession.Immediate, Now, Ct));
        Now = Now.AddMinutes(59);
        Assert.Equal(seen, await Certificates.ConfirmAsync(current.SerialNumber, Succession.Immediate, Now, Ct));
        Now = Now.AddDays(1);
        Assert.Equal(seen with { LastSeenAt = Now }, await Certificates.ConfirmAsync(current.SerialNumber, Succession.Immediate, Now, Ct));
        Assert.True(DeviceId.TryParse(current.Holder, out var id));
        Assert.Equal(seen.SeenAt, (await Database.Devices.FindDeviceAsync(id, Ct))!.SeenAt);
        Assert.Null(await Certificates.ConfirmAsync(SerialNumber.NewRandom(), Succession.Immediate, Now, Ct));
        Assert.Equal(entries, (await AuditAsync()).Count);
    }

    [Fact]
    public async Task Confirming_twice_writes_one_audit_entry()
    {
        var renewed = await IssueAsync(NewRenewal(await IssueAsync(NewReservation())));
        await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Certificates.ConfirmAsync(renewed.SerialNumber, Succession.Immediate, Now, Ct)));
        Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.CertificateConfirmed);
    }

    [Fact]
    public async Task TM_07_A_revoked_certificate_cannot_renew()
    {
        var old = await IssueAsync(NewReservation());
        await RevokeAsync(old, RevocationReason.Unspecified);
        await RefusedAsync(NewRenewal(old), RefusalCode.CertificateRevoked);
    }

    [Fact]
    public async Task A_held_certificate_cannot_renew()
    {
        var old = await IssueAsync(NewReservation());
        await HoldAsync(old);
        await RefusedAsync(NewRenewal(old), RefusalCode.CertificateOnHold);
    }

    [Fact]
    public async Task A_superseded_certificate_cannot_renew()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old));
        await Certificates.ConfirmAsync(renewed.SerialNumber, Succession.Immediate, Now, Ct);
        await RefusedAsync(NewRenewal(old), RefusalCode.CertificateSuperseded);
    }

    [Fact]
    public async Task A_certificate_of_another_device_or_none_at_all_cannot_renew()
    {
        var other = await IssueAsync(NewReservation("pump-2"));
        await RefusedAsync(
            NewReservation("pump-1") with { Renews = other.SerialNumber }, RefusalCode.UnknownCertificate);
        await RefusedAsync(
            NewReservation("pump-1") with { Renews = SerialNumber.NewRandom() }, RefusalCode.UnknownCertificate);
    }

    [Fact]
    public async Task A_second_renewal_with_the_same_key_gets_the_same_certificate()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old));
        var existing = await ExistingAsync(NewRenewal(old) with { KeyThumbprint = renewed.KeyThumbprint });
        Assert.Equal(renewed, existing.Record);
    }

    [Fact]
    public async Task A_second_renewal_with_another_key_supersedes_the_unconfirmed_one()
    {
        var old = await IssueAsync(NewReservation());
        var lost = await IssueAsync(NewRenewal(old));
        var renewed = await IssueAsync(NewRenewal(old));
        Assert.Equal(CertificateState.Superseded, await StateAsync(lost.SerialNumber));
        Assert.Equal(CertificateState.Issued, renewed.State);
        Assert.Equal(CertificateState.Current, await StateAsync(old.SerialNumber));
    }

    [Fact]
    public async Task While_a_renewal_is_in_flight_another_one_waits()
    {
        var old = await IssueAsync(NewReservation());
        var first = NewRenewal(old);
        await ReserveAsync(first);
        await RefusedAsync(NewRenewal(old), RefusalCode.RequestInProgress);
        await RefusedAsync(NewRenewal(old) with { KeyThumbprint = first.KeyThumbprint }, RefusalCode.RequestInProgress);
    }

    [Fact]
    public async Task A_renewal_by_an_unconfirmed_certificate_confirms_it()
    {
        var old = await IssueAsync(NewReservation());
        var second = await IssueAsync(NewRenewal(old));
        var third = await IssueAsync(NewRenewal(second));
        Assert.Equal(CertificateState.Superseded, await StateAsync(old.SerialNumber));
        Assert.Equal(CertificateState.Current, await StateAsync(second.SerialNumber));
        Assert.Equal(CertificateState.Issued, third.State);
    }

    [Fact]
    public async Task A_renewal_with_the_same_key_as_the_old_certificate_is_a_new_certificate()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old) with { KeyThumbprint = old.KeyThumbprint });
        Assert.NotEqual(old.SerialNumber, renewed.SerialNumber);
    }
}
