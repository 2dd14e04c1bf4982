using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

public abstract partial class StorageContract
{
    private static readonly FindableName[] OneName = [new("dns:gw-1.plant.example", false)];

    private static readonly FindableName[] SharedName = [new("dns:gw-1.plant.example", true)];

    private static readonly FindableName[] TwoNames = [new("ip:192.0.2.1", false), new("dns:gw-1.plant.example", false)];

    private static readonly FindableName[] OtherName = [new("ip:192.0.2.1", false)];

    [Fact]
    public async Task A_name_is_one_holders_as_long_as_it_has_a_certificate()
    {
        var first = await IssueAsync(NewReservation("gw-1") with { Names = OneName });
        await RefusedAsync(NewReservation("gw-2") with { Names = TwoNames }, RefusalCode.NameInUse);
        await IssueAsync(NewRenewal(first) with { Names = OneName });
        await IssueAsync(NewReservation("gw-2") with { Names = OtherName });

        foreach (var one in (await Certificates.ListAsync(new CertificateQuery { Holder = "gw-1", Limit = 10 }, Ct)).Items)
            Value(await Database.Revocations.RevokeAsync(one.SerialNumber, RevocationReason.CessationOfOperation, "administrator:a", Now, Ct));
        await IssueAsync(NewReservation("gw-3") with { Names = OneName });
        await RefusedAsync(NewReservation("gw-1") with { Names = OneName }, RefusalCode.NameInUse);
    }

    [Fact]
    public async Task A_name_of_a_reservation_is_taken_and_free_again_when_nothing_came_of_it()
    {
        var reservation = NewReservation("gw-1") with { Names = OneName };
        await ReserveAsync(reservation);
        await RefusedAsync(NewReservation("gw-2") with { Names = OneName }, RefusalCode.NameInUse);
        await Certificates.AbandonAllAsync(Now, Ct);
        await IssueAsync(NewReservation("gw-2") with { Names = OneName });
    }

    [Fact]
    public async Task A_shared_name_is_anybodys_but_the_services()
    {
        await IssueAsync(NewReservation("plc-1") with { Names = SharedName });
        await IssueAsync(NewReservation("plc-2") with { Names = SharedName });
        await IssueAsync(NewReservation("server") with { HolderKind = HolderKind.Service, Profile = "service", Names = OneName });
        await RefusedAsync(NewReservation("plc-3") with { Names = SharedName }, RefusalCode.NameInUse);
    }

    [Fact]
    public async Task The_service_takes_its_names_whoever_had_them()
    {
        await IssueAsync(NewReservation("gw-1") with { Names = OneName });
        await IssueAsync(NewReservation("server") with { HolderKind = HolderKind.Service, Profile = "service", Names = OneName });
        await RefusedAsync(NewReservation("gw-2") with { Names = OneName }, RefusalCode.NameInUse);
    }
}
