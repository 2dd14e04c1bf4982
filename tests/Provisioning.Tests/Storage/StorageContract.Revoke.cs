using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// IRevocationStore.
public abstract partial class StorageContract
{
    private const string Admin = "administrator:admin";

    [Fact]
    public async Task A_revocation_is_on_record_with_time_reason_and_one_audit_entry()
    {
        var issued = await IssueAsync(NewReservation());
        Now = Now.AddMinutes(5);
        var revoked = await RevokeAsync(issued, RevocationReason.CessationOfOperation);
        Assert.Equal(
            issued with
            {
                State = CertificateState.Revoked,
                RevokedAt = Now,
                RevocationReason = RevocationReason.CessationOfOperation,
            },
            revoked);
        Assert.Equal(revoked, await Certificates.FindAsync(issued.SerialNumber, Ct));
        var entry = (await AuditAsync())[^1];
        Assert.Equal(
            (AuditActions.CertificateRevoked, Admin, "cessationOfOperation", Now),
            (entry.Action, entry.Actor, entry.Detail, entry.At));
    }

    [Fact]
    public async Task Every_state_but_revoked_can_be_revoked()
    {
        var reserved = NewReservation("pump-1");
        await ReserveAsync(reserved);
        var abandoned = NewReservation("pump-2");
        await ReserveAsync(abandoned);
        await Certificates.AbandonAsync(abandoned.SerialNumber, Now, Ct);
        var superseded = await IssueAsync(NewReservation("pump-3"));
        var current = await IssueAsync(NewRenewal(superseded));
        await Certificates.ConfirmAsync(current.SerialNumber, Succession.Immediate, Now, Ct);
        var issued = await IssueAsync(NewRenewal(current));
        SerialNumber[] all =
        [
            reserved.SerialNumber, abandoned.SerialNumber, superseded.SerialNumber, current.SerialNumber,
            issued.SerialNumber,
        ];
        foreach (var serial in all)
        {
            Value(await Database.Revocations.RevokeAsync(serial, RevocationReason.Unspecified, Admin, Now, Ct));
            Assert.Equal(CertificateState.Revoked, await StateAsync(serial));
        }

        Assert.Equal(all.Length, (await RevokedAsync()).Count);
    }

    [Fact]
    public async Task An_unknown_serial_number_cannot_be_revoked_or_released()
    {
        var unknown = SerialNumber.NewRandom();
        Assert.Equal(RefusalCode.NotFound, Code(
            await Database.Revocations.RevokeAsync(unknown, RevocationReason.Unspecified, Admin, Now, Ct)));
        Assert.Equal(RefusalCode.NotFound, Code(await Database.Revocations.ReleaseAsync(unknown, Admin, Now, Ct)));
    }

    [Fact]
    public async Task The_same_reason_again_changes_nothing_and_another_one_is_refused()
    {
        var issued = await IssueAsync(NewReservation());
        var revoked = await RevokeAsync(issued, RevocationReason.Superseded);
        var entries = (await AuditAsync()).Count;
        Now = Now.AddHours(1);
        Assert.Equal(revoked, await RevokeAsync(issued, RevocationReason.Superseded));
        foreach (var other in new[] { RevocationReason.Unspecified, RevocationReason.CertificateHold })
        {
            Assert.Equal(RefusalCode.AlreadyRevoked, Code(
                await Database.Revocations.RevokeAsync(issued.SerialNumber, other, Admin, Now, Ct)));
        }

        Assert.Equal(entries, (await AuditAsync()).Count);
    }

    [Fact]
    public async Task Key_compromise_replaces_another_reason_keeps_the_time_and_blocks_the_key()
    {
        var issued = await IssueAsync(NewReservation());
        var revoked = await RevokeAsync(issued, RevocationReason.Superseded);
        Now = Now.AddHours(1);
        var compromised = await RevokeAsync(issued, RevocationReason.KeyCompromise);
        Assert.Equal(revoked with { RevocationReason = RevocationReason.KeyCompromise }, compromised);
        Assert.Equal("keyCompromise", (await AuditAsync())[^1].Detail);
        await RefusedAsync(NewReservation() with { KeyThumbprint = issued.KeyThumbprint }, RefusalCode.KeyBlocked);
        Assert.Equal(RefusalCode.AlreadyRevoked, Code(await Database.Revocations.RevokeAsync(
            issued.SerialNumber, RevocationReason.Superseded, Admin, Now, Ct)));
    }

    [Fact]
    public async Task A_hold_is_released_to_what_was_before()
    {
        var current = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(current));
        foreach (var certificate in new[] { current, renewed })
        {
            var held = await HoldAsync(certificate);
            Assert.Equal(
                (CertificateState.Held, Now, RevocationReason.CertificateHold),
                (held.State, held.RevokedAt, held.RevocationReason));
            Assert.Equal(certificate, Value(
                await Database.Revocations.ReleaseAsync(certificate.SerialNumber, Admin, Now, Ct)));
            Assert.Equal(certificate, await Certificates.FindAsync(certificate.SerialNumber, Ct));
        }

        Assert.Empty(await RevokedAsync());
        Assert.Equal(
            [
                AuditActions.CertificateHeld, AuditActions.HoldReleased,
                AuditActions.CertificateHeld, AuditActions.HoldReleased,
            ],
            (await AuditAsync()).Skip(2).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Holding_twice_changes_nothing()
    {
        var held = await HoldAsync(await IssueAsync(NewReservation()));
        Now = Now.AddHours(1);
        Assert.Equal(held, await HoldAsync(held));
    }

    [Fact]
    public async Task Only_what_is_in_use_can_be_held()
    {
        var reserved = NewReservation();
        await ReserveAsync(reserved);
        Assert.Equal(RefusalCode.NotAllowed, Code(await Database.Revocations.RevokeAsync(
            reserved.SerialNumber, RevocationReason.CertificateHold, Admin, Now, Ct)));
    }

    [Fact]
    public async Task A_held_certificate_can_be_revoked_for_good_with_the_time_of_that()
    {
        var held = await HoldAsync(await IssueAsync(NewReservation()));
        Now = Now.AddHours(1);
        var revoked = await RevokeAsync(held, RevocationReason.PrivilegeWithdrawn);
        Assert.Equal(
            (CertificateState.Revoked, Now, RevocationReason.PrivilegeWithdrawn),
            (revoked.State, revoked.RevokedAt, revoked.RevocationReason));
        Assert.Equal(RefusalCode.NotOnHold, Code(
            await Database.Revocations.ReleaseAsync(held.SerialNumber, Admin, Now, Ct)));
    }

    [Fact]
    public async Task A_hold_whose_place_was_taken_cannot_be_released()
    {
        var old = await IssueAsync(NewReservation());
        var renewed = await IssueAsync(NewRenewal(old));
        await HoldAsync(old);
        await Certificates.ConfirmAsync(renewed.SerialNumber, Succession.Immediate, Now, Ct);
        Assert.Equal(RefusalCode.DeviceAlreadyBound, Code(
            await Database.Revocations.ReleaseAsync(old.SerialNumber, Admin, Now, Ct)));

        var next = await IssueAsync(NewRenewal(renewed));
        await HoldAsync(next);
        await ReserveAsync(NewRenewal(renewed));
        Assert.Equal(RefusalCode.DeviceAlreadyBound, Code(
            await Database.Revocations.ReleaseAsync(next.SerialNumber, Admin, Now, Ct)));
    }

    [Fact]
    public async Task Not_even_a_statement_typed_by_hand_takes_a_revocation_back_or_changes_the_audit_chain()
    {
        await RevokeAsync(await IssueAsync(NewReservation()), RevocationReason.Unspecified);
        string[] forbidden =
        [
            "UPDATE certificates SET state = 'current'", "UPDATE certificates SET revoked_at = 0",
            "DELETE FROM certificates", "UPDATE audit SET actor = 'nobody'", "DELETE FROM audit",
        ];
        foreach (var sql in forbidden)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => WriteAsync(sql));
        Assert.Single(await RevokedAsync());
    }

    private async Task<CertificateRecord> RevokeAsync(CertificateRecord certificate, RevocationReason reason) =>
        Value(await Database.Revocations.RevokeAsync(certificate.SerialNumber, reason, Admin, Now, Ct));

    private Task<CertificateRecord> HoldAsync(CertificateRecord certificate) =>
        RevokeAsync(certificate, RevocationReason.CertificateHold);

    private async Task<List<RevokedEntry>> RevokedAsync(string authority = "issuing") =>
        await Database.Crls.ReadRevokedAsync(new CrlScope(authority), Now, Ct).ToListAsync(Ct);
}
