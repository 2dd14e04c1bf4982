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

    [Fact]
    public async Task The_version_of_all_statuses_moves_with_every_revocation_hold_and_release_and_with_nothing_else()
    {
        var statuses = Database.CertificateStatuses;
        if (statuses.Version is not { } version)
        {
            Assert.StartsWith("PostgreSQL", Database.Description, StringComparison.Ordinal);
            return;
        }

        var (first, second) = (await IssueAsync(NewReservation()), await IssueAsync(NewReservation("pump-2")));
        Assert.Equal(version, statuses.Version);

        var moves = new List<long?> { version };
        Value(await Database.Revocations.RevokeAsync(first.SerialNumber, RevocationReason.CertificateHold, Admin, Now, Ct));
        moves.Add(statuses.Version);
        Value(await Database.Revocations.ReleaseAsync(first.SerialNumber, Admin, Now, Ct));
        moves.Add(statuses.Version);
        Value(await Database.Revocations.RevokeAsync(second.SerialNumber, RevocationReason.Superseded, Admin, Now, Ct));
        moves.Add(statuses.Version);
        Assert.Equal(moves.Distinct().Count(), moves.Count);
        Assert.DoesNotContain(null, moves);

        // A refusal changes nothing.
        Assert.False((await Database.Revocations.ReleaseAsync(second.SerialNumber, Admin, Now, Ct)).TryGet(out _, out _));
        Assert.Equal(moves[^1], statuses.Version);
    }

    private async Task<CertificateStatusRow?> StatusAsync(SerialNumber serialNumber) =>
        await Database.CertificateStatuses.FindStatusAsync("issuing", serialNumber, Ct);
}
