using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// ICertificateStore.ReserveAsync, in the order of its documentation.
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_reservation_is_on_record_with_its_plan()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);

        var row = await Certificates.FindAsync(reservation.SerialNumber, Ct);
        Assert.Equal(
            new CertificateRecord
            {
                Authority = "issuing",
                SerialNumber = reservation.SerialNumber,
                HolderKind = HolderKind.Device,
                Holder = "pump-1",
                Profile = "device",
                State = CertificateState.Reserved,
                KeyThumbprint = reservation.KeyThumbprint,
                TbsHash = reservation.TbsHash,
                Thumbprint = null,
                NotBefore = reservation.NotBefore,
                NotAfter = reservation.NotAfter,
                ReservedAt = Now,
                IssuedAt = null,
                Requester = "registrar:factory-line",
                RevokedAt = null,
                RevocationReason = null,
            },
            row);
        Assert.Null(await Certificates.FindWithDerAsync(reservation.SerialNumber, Ct));
    }

    [Fact]
    public async Task An_unknown_device_is_registered_with_its_attributes_and_a_known_one_keeps_them()
    {
        var reservation = NewReservation() with
        {
            Attributes = new Dictionary<string, string> { ["model"] = "Größe \"7\"", ["batch"] = "42" },
        };
        await ReserveAsync(reservation);
        await Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct);
        await ReserveAsync(NewReservation());

        Assert.True(DeviceId.TryParse("pump-1", out var id));
        var device = await Database.Devices.FindDeviceAsync(id, Ct);
        Assert.NotNull(device);
        Assert.Equal(DeviceState.Registered, device.State);
        Assert.Equal(reservation.Attributes, device.Attributes);
        Assert.Equal((Now, Now), (device.CreatedAt, device.UpdatedAt));
    }

    [Fact]
    public async Task The_same_request_key_with_another_request_is_a_mismatch()
    {
        await IssueAsync(NewReservation() with { RequestKey = "unit-1" });
        await RefusedAsync(NewReservation("pump-2") with { RequestKey = "unit-1" }, RefusalCode.IdempotencyMismatch);
    }

    [Fact]
    public async Task The_same_request_key_while_reserved_is_in_progress()
    {
        var first = NewReservation() with { RequestKey = "unit-1" };
        await ReserveAsync(first);
        var refusal = await RefusedAsync(
            first with { SerialNumber = SerialNumber.NewRandom() }, RefusalCode.RequestInProgress);
        Assert.Equal(TimeSpan.FromSeconds(1), refusal.RetryAfter);
    }

    [Fact]
    public async Task The_same_request_key_a_day_later_gets_the_same_certificate()
    {
        var first = NewReservation() with { RequestKey = "unit-1" };
        var issued = await IssueAsync(first);
        Now = Now.AddDays(1);
        var retry = first with { SerialNumber = SerialNumber.NewRandom(), TbsHash = NewDigest(), At = Now };
        var existing = await ExistingAsync(retry);
        Assert.Equal(issued, existing.Record);
        Assert.Equal(DerOf(first), existing.Der.ToArray());
    }

    [Fact]
    public async Task A_request_key_is_free_again_after_its_reservation_was_abandoned()
    {
        var first = NewReservation() with { RequestKey = "unit-1" };
        await ReserveAsync(first);
        await Certificates.AbandonAsync(first.SerialNumber, Now, Ct);
        await IssueAsync(NewReservation() with { RequestKey = "unit-1" });
    }

    [Fact]
    public async Task A_request_key_is_the_requesters_own()
    {
        await IssueAsync(NewReservation("pump-1") with { RequestKey = "unit-1" });
        await IssueAsync(NewReservation("pump-2") with { RequestKey = "unit-1", Requester = "registrar:other-line" });
    }

    [Fact]
    public async Task A_blocked_key_is_refused_also_for_its_own_holder()
    {
        var issued = await IssueAsync(NewReservation());
        await Database.Revocations.RevokeAsync(
            issued.SerialNumber, RevocationReason.KeyCompromise, "administrator:admin", Now, Ct);
        await RefusedAsync(NewReservation() with { KeyThumbprint = issued.KeyThumbprint }, RefusalCode.KeyBlocked);
        await RefusedAsync(
            NewReservation("pump-2") with { KeyThumbprint = issued.KeyThumbprint }, RefusalCode.KeyBlocked);
        await IssueAsync(NewReservation());
    }

    [Fact]
    public async Task A_key_belongs_to_its_first_holder_for_ever()
    {
        var first = NewReservation();
        await ReserveAsync(first);
        await Certificates.AbandonAsync(first.SerialNumber, Now, Ct);
        await RefusedAsync(NewReservation("pump-2") with { KeyThumbprint = first.KeyThumbprint }, RefusalCode.KeyInUse, CloneSign.SameKey);
        var registrar = NewReservation() with { HolderKind = HolderKind.Registrar };
        await RefusedAsync(registrar with { KeyThumbprint = first.KeyThumbprint }, RefusalCode.KeyInUse);
        await ReserveAsync(NewReservation() with { KeyThumbprint = first.KeyThumbprint });
    }

    [Theory]
    [InlineData("suspended", RefusalCode.DeviceSuspended)]
    [InlineData("quarantined", RefusalCode.DeviceQuarantined)]
    [InlineData("decommissioned", RefusalCode.DeviceDecommissioned)]
    public async Task A_device_that_may_do_nothing_gets_nothing(string state, RefusalCode code)
    {
        var issued = await IssueAsync(NewReservation());
        await WriteAsync($"UPDATE devices SET state = '{state}'");
        await RefusedAsync(NewRenewal(issued), code);
        await RefusedAsync(NewReservation(), code);
    }

    [Fact]
    public async Task A_second_enrollment_with_the_same_key_gets_the_same_certificate()
    {
        var first = NewReservation();
        var issued = await IssueAsync(first);
        var existing = await ExistingAsync(NewReservation() with { KeyThumbprint = first.KeyThumbprint });
        Assert.Equal(issued, existing.Record);
    }

    [Fact]
    public async Task A_second_enrollment_with_another_key_is_refused()
    {
        await IssueAsync(NewReservation());
        await RefusedAsync(NewReservation(), RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
    }

    [Fact]
    public async Task A_device_whose_certificate_is_on_hold_cannot_be_enrolled_again()
    {
        var issued = await IssueAsync(NewReservation());
        await HoldAsync(issued);
        await RefusedAsync(NewReservation(), RefusalCode.CertificateOnHold);
        await RefusedAsync(
            NewReservation() with { KeyThumbprint = issued.KeyThumbprint }, RefusalCode.CertificateOnHold);
    }

    [Fact]
    public async Task While_an_enrollment_is_in_flight_the_same_key_waits_and_another_is_refused()
    {
        var first = NewReservation();
        await ReserveAsync(first);
        await RefusedAsync(
            NewReservation() with { KeyThumbprint = first.KeyThumbprint }, RefusalCode.RequestInProgress);
        await RefusedAsync(NewReservation(), RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
    }

    [Fact]
    public async Task Expired_certificates_do_not_keep_a_device_from_being_enrolled()
    {
        var old = await IssueAsync(NewReservation());
        var unconfirmed = await IssueAsync(NewRenewal(old));
        Now = Now.AddDays(91);
        var issued = await IssueAsync(NewReservation());
        Assert.Equal(CertificateState.Current, issued.State);
        Assert.Equal(CertificateState.Superseded, await StateAsync(old.SerialNumber));
        Assert.Equal(CertificateState.Superseded, await StateAsync(unconfirmed.SerialNumber));
    }

    [Fact]
    public async Task A_revoked_certificate_does_not_keep_a_device_from_being_enrolled()
    {
        var old = await IssueAsync(NewReservation());
        await RevokeAsync(old, RevocationReason.CessationOfOperation);
        Assert.Equal(CertificateState.Current, (await IssueAsync(NewReservation())).State);
    }

    [Fact]
    public async Task I_11_of_two_that_drew_the_same_serial_number_one_gets_it_before_anything_is_signed()
    {
        var first = NewReservation();
        var again = NewReservation("pump-2") with { SerialNumber = first.SerialNumber };
        var answers = await Task.WhenAll(Certificates.ReserveAsync(first, Ct), Certificates.ReserveAsync(again, Ct));
        Assert.IsType<ReserveResult.Reserved>(answers[0]);
        Assert.IsType<ReserveResult.SerialNumberTaken>(answers[1]);
        await RecordAsync(first);
        var before = await RowsAsync();
        Assert.IsType<ReserveResult.SerialNumberTaken>(await Certificates.ReserveAsync(again, Ct));
        Assert.Equal(before, await RowsAsync());
    }

    [Fact]
    public async Task Holders_that_are_not_devices_may_have_several_current_certificates()
    {
        var registrar = NewReservation("factory-line") with { HolderKind = HolderKind.Registrar };
        var one = await IssueAsync(registrar);
        var two = await IssueAsync(registrar with { SerialNumber = SerialNumber.NewRandom(), TbsHash = NewDigest() });
        Assert.Equal(CertificateState.Current, await StateAsync(one.SerialNumber));
        Assert.Equal(CertificateState.Current, await StateAsync(two.SerialNumber));
        Assert.Empty((await Database.Devices.ListDevicesAsync(new DeviceQuery(), Ct)).Items);
    }

    [Fact]
    public async Task I_09_Of_64_parallel_reservations_of_one_device_one_is_granted()
    {
        var reservations = Enumerable.Range(0, 64).Select(_ => NewReservation()).ToList();
        var results = await Task.WhenAll(
            reservations.Select(one => Task.Run(() => Certificates.ReserveAsync(one, Ct), Ct)));
        Assert.Single(results.OfType<ReserveResult.Reserved>());
        Assert.All(
            results.OfType<ReserveResult.Refused>(),
            refused => Assert.Equal(RefusalCode.DeviceAlreadyBound, refused.Refusal.Code));
        Assert.Single((await Certificates.ListAsync(new CertificateQuery(), Ct)).Items);
    }

    [Fact(Timeout = 300_000)]
    public async Task I_09_Of_64_parallel_reservations_of_one_request_one_is_granted_and_the_others_get_its_certificate()
    {
        var request = NewReservation() with { RequestKey = "unit-1" };
        var results = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(_ => Task.Run(() => UntilAnsweredAsync(request), Ct)));
        Assert.Single(results.Distinct());
        Assert.Single((await Certificates.ListAsync(new CertificateQuery(), Ct)).Items);

        async Task<SerialNumber> UntilAnsweredAsync(Reservation one)
        {
            while (true)
            {
                var attempt = one with { SerialNumber = SerialNumber.NewRandom(), TbsHash = NewDigest() };
                switch (await Certificates.ReserveAsync(attempt, Ct))
                {
                    case ReserveResult.Reserved: return (await RecordAsync(attempt)).SerialNumber;
                    case ReserveResult.Existing existing: return existing.Certificate.Record.SerialNumber;
                    case ReserveResult.Refused refused:
                        Assert.Equal(RefusalCode.RequestInProgress, refused.Refusal.Code);
                        break;
                    default:
                        Assert.Fail("The serial number was new.");
                        break;
                }
            }
        }
    }
}
