using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

/// <summary>A unit of a lot is counted as long as a certificate rests on it.</summary>
public abstract partial class StorageContract
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_unit_goes_back_also_when_the_device_had_certificates_before(bool wasSigned)
    {
        await OpenAsync(NewLot(quota: 1));
        var before = NewReservation();
        await ReserveAsync(before);
        if (wasSigned) await RecordAsync(before);
        Value(await Database.Revocations.RevokeAsync(before.SerialNumber, RevocationReason.Superseded, Admin, Now, Ct));
        var reserved = await ForLotAsync("pump-1");
        await ReserveAsync(reserved);
        Assert.Equal((1, 0, 0, 0), await CountsAsync());
        await Certificates.AbandonAsync(reserved.SerialNumber, Now, Ct);

        Assert.Equal((0, 0, 0, 0), await CountsAsync());
        Assert.Null((await Database.Devices.FindDeviceAsync(Id("pump-1"), Ct))!.Lot);
        Assert.Empty(await MismatchesAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_unit_goes_back_with_the_last_of_its_certificates(bool inOrder)
    {
        await OpenAsync(NewLot(quota: 1));
        var reserved = new List<Reservation>();
        foreach (var slot in new[] { "operational", "update" })
        {
            reserved.Add(await ForLotAsync("pump-1") with { Slot = slot });
            await ReserveAsync(reserved[^1]);
        }

        if (!inOrder) reserved.Reverse();
        await Certificates.AbandonAsync(reserved[0].SerialNumber, Now, Ct);
        Assert.Equal((1, 0, 0, 0), await CountsAsync());
        Assert.Equal(1, await Certificates.AbandonAllAsync(Now, Ct));

        Assert.Equal((0, 0, 0, 0), await CountsAsync());
        Assert.Empty(await MismatchesAsync());
        Assert.Equal(RefusalCode.NotInLot, await ScrapCodeAsync("pump-1"));
        await IssueAsync(await ForLotAsync("pump-2"));
    }

    [Fact]
    public async Task A_unit_without_a_certificate_is_found_by_the_audit()
    {
        await OpenAsync(NewLot());
        await IssueAsync(await ForLotAsync("pump-1"));
        await WriteAsync("UPDATE certificates SET lot = NULL");
        Assert.Equal([new CounterMismatch("Lot", Order, "issued units", 1, 0)], await MismatchesAsync());
    }

    [Theory]
    [InlineData(Order)]
    [InlineData(null)]
    public async Task The_certificate_of_a_unit_of_one_lot_is_not_given_again_for_another(string? lot)
    {
        await OpenAsync(NewLot());
        await OpenAsync(NewLot(), "PO-2");
        var first = lot is null ? NewReservation() : await ForLotAsync("pump-1", lot);
        await IssueAsync(first);

        await RefusedAsync(await ForLotAsync("pump-1", "PO-2") with { KeyThumbprint = first.KeyThumbprint }, RefusalCode.NotInLot);
        var again = lot is null ? NewReservation() : await ForLotAsync("pump-1", lot);
        await ExistingAsync(again with { KeyThumbprint = first.KeyThumbprint });
        await ExistingAsync(NewReservation() with { KeyThumbprint = first.KeyThumbprint });
    }
}
