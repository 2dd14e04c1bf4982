using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// ICertificateStore.RecordAsync, AbandonAsync and AbandonAllAsync.
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_recorded_certificate_is_found_with_its_DER()
    {
        var reservation = NewReservation();
        var issued = await IssueAsync(reservation);
        Assert.Equal(CertificateState.Current, issued.State);
        Assert.Equal(Now, issued.IssuedAt);
        Assert.Equal(Digest.Of(DerOf(reservation)), issued.Thumbprint);
        Assert.Equal(issued, await Certificates.FindAsync(reservation.SerialNumber, Ct));
        var stored = await Certificates.FindWithDerAsync(reservation.SerialNumber, Ct);
        Assert.Equal(issued, stored!.Record);
        Assert.Equal(DerOf(reservation), stored.Der.ToArray());
    }

    [Fact]
    public async Task Recording_makes_the_device_active_and_writes_one_audit_entry()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        Assert.Empty(await AuditAsync());
        Now = Now.AddSeconds(1);
        var issued = await RecordAsync(reservation);

        Assert.True(DeviceId.TryParse("pump-1", out var id));
        var device = await Database.Devices.FindDeviceAsync(id, Ct);
        Assert.Equal((DeviceState.Active, Now), (device!.State, device.UpdatedAt));
        var entry = Assert.Single(await AuditAsync());
        Assert.Equal(AuditActions.CertificateIssued, entry.Action);
        Assert.Equal("registrar:factory-line", entry.Actor);
        Assert.Equal((HolderKind.Device, "pump-1"), (entry.HolderKind, entry.Holder));
        Assert.Equal(reservation.SerialNumber.ToString(), entry.SerialNumber);
        Assert.Equal(issued.Thumbprint.ToString(), entry.Detail);
        Assert.Equal(Now, entry.At);
    }

    [Fact]
    public async Task A_reservation_that_was_abandoned_cannot_be_recorded()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        Assert.True(await Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct));
        var before = await RowsAsync();
        Assert.Equal(
            RefusalCode.RequestInProgress,
            Code(await Certificates.RecordAsync(reservation, DerOf(reservation), Now, Ct)));
        Assert.Equal(before, await RowsAsync());
        Assert.Equal(CertificateState.Abandoned, await StateAsync(reservation.SerialNumber));
    }

    [Fact]
    public async Task A_reservation_that_was_revoked_cannot_be_recorded()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        Value(await Database.Revocations.RevokeAsync(
            reservation.SerialNumber, RevocationReason.Unspecified, "administrator:admin", Now, Ct));
        Assert.Equal(
            RefusalCode.RequestInProgress,
            Code(await Certificates.RecordAsync(reservation, DerOf(reservation), Now, Ct)));
        Assert.Null(await Certificates.FindWithDerAsync(reservation.SerialNumber, Ct));
    }

    [Fact]
    public async Task What_was_never_reserved_or_with_another_plan_cannot_be_recorded()
    {
        var reservation = NewReservation();
        Assert.Equal(
            RefusalCode.RequestInProgress,
            Code(await Certificates.RecordAsync(reservation, DerOf(reservation), Now, Ct)));
        await ReserveAsync(reservation);
        var other = reservation with { TbsHash = NewDigest() };
        Assert.Equal(RefusalCode.RequestInProgress, Code(await Certificates.RecordAsync(other, DerOf(other), Now, Ct)));
    }

    [Fact]
    public async Task Recording_the_same_certificate_again_changes_nothing()
    {
        var reservation = NewReservation();
        var issued = await IssueAsync(reservation);
        var before = await RowsAsync();
        Assert.Equal(issued, await RecordAsync(reservation));
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task Abandoning_writes_one_audit_entry_and_leaves_everything_else_as_it_is()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        Assert.True(await Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct));
        Assert.False(await Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct));
        Assert.False(await Certificates.AbandonAsync(SerialNumber.NewRandom(), Now, Ct));
        var issued = await IssueAsync(NewReservation());
        Assert.False(await Certificates.AbandonAsync(issued.SerialNumber, Now, Ct));

        var entry = Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.ReservationAbandoned);
        Assert.Equal(("service", reservation.TbsHash.ToString()), (entry.Actor, entry.Detail));
        Assert.Equal(CertificateState.Current, await StateAsync(issued.SerialNumber));
    }

    [Fact]
    public async Task The_start_abandons_every_reservation_that_was_left()
    {
        var left = new[]
        {
            NewReservation("pump-1"),
            NewReservation("pump-2"),
            NewReservation("factory-line") with { HolderKind = HolderKind.Registrar },
        };
        foreach (var reservation in left) await ReserveAsync(reservation);
        var issued = await IssueAsync(NewReservation("pump-3"));
        var renewed = await IssueAsync(NewRenewal(issued));
        await RestartAsync();

        Assert.Equal(3, await Certificates.AbandonAllAsync(Now, Ct));
        Assert.Equal(0, await Certificates.AbandonAllAsync(Now, Ct));
        foreach (var reservation in left)
            Assert.Equal(CertificateState.Abandoned, await StateAsync(reservation.SerialNumber));
        Assert.Equal(CertificateState.Issued, await StateAsync(renewed.SerialNumber));
        Assert.Equal(3, (await AuditAsync()).Count(entry => entry.Action == AuditActions.ReservationAbandoned));
    }

    [Fact]
    public async Task A_reservation_whose_caller_went_away_does_not_block_its_device()
    {
        using var gate = new ManualResetEventSlim();
        var blocker = Database.Writer.RunAsync(_ => { gate.Wait(Ct); return true; }, Ct);
        using var gone = new CancellationTokenSource();
        var waiting = Certificates.ReserveAsync(NewReservation(), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.Set();
        await blocker;

        await IssueAsync(NewReservation());
    }
}
