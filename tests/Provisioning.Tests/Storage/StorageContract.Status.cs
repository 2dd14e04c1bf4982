using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Tests.Storage;

// ICertificateStatusStore.
public abstract partial class StorageContract
{
    [Fact]
    public async Task How_a_certificate_stands_is_read_of_its_own_authority_and_always_fresh()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        Assert.Equal(
            new CertificateStatusRow(CertificateState.Reserved, IsSigned: false, reservation.NotAfter, null, null), await StatusAsync(reservation.SerialNumber));
        var issued = await RecordAsync(reservation);
        Assert.Equal(new CertificateStatusRow(CertificateState.Current, IsSigned: true, issued.NotAfter, null, null), await StatusAsync(issued.SerialNumber));

        Now = Now.AddMinutes(5);
        Value(await Database.Revocations.RevokeAsync(issued.SerialNumber, RevocationReason.CertificateHold, Admin, Now, Ct));
        Assert.Equal(
            new CertificateStatusRow(CertificateState.Held, IsSigned: true, issued.NotAfter, Now, RevocationReason.CertificateHold),
            await StatusAsync(issued.SerialNumber));

        Assert.Null(await StatusAsync(SerialNumber.NewRandom()));
        Assert.Null(await Database.CertificateStatuses.FindStatusAsync("root", issued.SerialNumber, Ct));
    }

    private async Task<CertificateStatusRow?> StatusAsync(SerialNumber serialNumber) =>
        await Database.CertificateStatuses.FindStatusAsync("issuing", serialNumber, Ct);
}
