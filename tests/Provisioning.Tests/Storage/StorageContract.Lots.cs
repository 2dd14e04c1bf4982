using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// ILotStore, and what ICertificateStore.ReserveAsync counts against lots.
public abstract partial class StorageContract
{
    private const string Order = "PO-1";

    private ILotStore Lots => Database.Lots;

    [Fact]
    public async Task TM_01_A_lot_takes_as_many_units_as_are_ordered_and_counts_the_attempts_beyond()
    {
        await OpenAsync(NewLot(quota: 3));
        var results = await Task.WhenAll(Enumerable.Range(1, 10).Select(async i => await Certificates.ReserveAsync(await ForLotAsync($"pump-{i}"), Ct)));

        Assert.Equal(3, results.OfType<ReserveResult.Reserved>().Count());
        Assert.All(results.OfType<ReserveResult.Refused>(), refused => Assert.Equal(RefusalCode.QuotaExhausted, refused.Refusal.Code));
        Assert.Equal((3, 0, 7, 0), await CountsAsync());
    }

    [Fact]
    public async Task A_unit_goes_back_with_its_reservation_and_only_once()
    {
        await OpenAsync(NewLot(quota: 1));
        var first = await ForLotAsync("pump-1");
        await ReserveAsync(first);
        await LotRefusesAsync("pump-2", RefusalCode.QuotaExhausted);
        Assert.True(await Certificates.AbandonAsync(first.SerialNumber, Now, Ct));
        Assert.False(await Certificates.AbandonAsync(first.SerialNumber, Now, Ct));
        Value(await Database.Revocations.RevokeAsync(first.SerialNumber, RevocationReason.Superseded, Admin, Now, Ct));
        Assert.Equal((0, 0, 1, 0), await CountsAsync());

        await IssueAsync(await ForLotAsync("pump-2"));
        await LotRefusesAsync("pump-1", RefusalCode.QuotaExhausted);
        Assert.Equal((1, 0, 2, 0), await CountsAsync());
        Assert.Empty(await MismatchesAsync());
    }

    [Fact]
    public async Task A_unit_counts_once_however_many_certificates_it_gets()
    {
        await OpenAsync(NewLot(quota: 1));
        var issued = await IssueAsync(await ForLotAsync("pump-1"));
        await RevokeAsync(issued, RevocationReason.Superseded);
        await IssueAsync(await ForLotAsync("pump-1"));
        Assert.Equal((1, 0, 0, 0), await CountsAsync());
    }

    [Fact]
    public async Task A_unit_of_one_lot_is_not_one_of_another()
    {
        await OpenAsync(NewLot());
        await OpenAsync(NewLot(), "PO-2");
        var issued = await IssueAsync(await ForLotAsync("pump-1"));
        await RevokeAsync(issued, RevocationReason.Superseded);
        await LotRefusesAsync("pump-1", RefusalCode.NotInLot, "PO-2");
    }

    [Fact]
    public async Task A_lot_with_a_list_takes_what_is_listed()
    {
        await OpenAsync(NewLot(quota: 3) with { HasList = true }, Order, "pump-1");
        await LotRefusesAsync("pump-2", RefusalCode.NotInLot);
        Assert.Equal(2, Value(await Lots.ListUnitsAsync(Order, ["pump-1", "pump-2"], Admin, Now, Ct)).Listed);
        await IssueAsync(await ForLotAsync("pump-1"));
        await IssueAsync(await ForLotAsync("pump-2"));

        Assert.Equal(RefusalCode.BadLot, Code(await Lots.ListUnitsAsync(Order, ["pump-3", "pump-4"], Admin, Now, Ct)));
        Value(await Lots.ScrapAsync(Order, Id("pump-1"), null, Admin, Now, Ct));
        Assert.Equal(4, Value(await Lots.ListUnitsAsync(Order, ["pump-3", "pump-4"], Admin, Now, Ct)).Listed);
        Assert.Equal(4, Value(await Lots.ListUnitsAsync(Order, ["pump-3", "pump-4"], Admin, Now, Ct)).Listed);
        Assert.Equal(
            [AuditActions.LotOpened, AuditActions.LotChanged, AuditActions.LotChanged],
            (await AuditAsync()).Select(entry => entry.Action).Where(action => action.StartsWith("lot-", StringComparison.Ordinal)));
        Assert.Empty(await MismatchesAsync());
    }

    [Fact]
    public async Task Thousands_of_units_are_listed_at_once()
    {
        var units = Enumerable.Range(0, 2_345).Select(i => $"pump-{i:D5}").ToArray();
        await OpenAsync(NewLot(quota: 5_000) with { HasList = true }, Order, units);
        var more = Enumerable.Range(2_000, 1_000).Select(i => $"pump-{i:D5}").ToArray();
        Assert.Equal(3_000, Value(await Lots.ListUnitsAsync(Order, more, Admin, Now, Ct)).Listed);
        Assert.Equal(
            units.Union(more).Order(StringComparer.Ordinal).Select(unit => new LotUnit(unit, LotUnitState.NotIssued, false)), await UnitsAsync());
        Assert.Empty(await MismatchesAsync());
    }

    [Fact]
    public async Task A_lot_takes_units_inside_its_window()
    {
        await OpenAsync(NewLot() with { OpensAt = Now.AddMinutes(1), ClosesAt = Now.AddMinutes(2) });
        await LotRefusesAsync("pump-1", RefusalCode.LotNotOpen);
        Now = Now.AddMinutes(1);
        await IssueAsync(await ForLotAsync("pump-1"));
        Now = Now.AddMinutes(1);
        await LotRefusesAsync("pump-2", RefusalCode.LotClosed);
    }

    [Fact]
    public async Task A_decision_on_an_older_revision_of_a_lot_is_not_carried_out()
    {
        await OpenAsync(NewLot());
        var before = await ForLotAsync("pump-1");
        var changed = Value(await Lots.ChangeLotAsync(Order, lot => lot.Definition with { Quota = 20 }, 1, Admin, Now, Ct));
        Assert.Equal((2, 20), (changed.Revision, changed.Definition.Quota));
        await RefusedAsync(before, RefusalCode.PolicyChanged);
        await IssueAsync(await ForLotAsync("pump-1"));
        Assert.Equal(
            RefusalCode.PreconditionFailed, Code(await Lots.ChangeLotAsync(Order, lot => lot.Definition with { Quota = 30 }, 1, Admin, Now, Ct)));
    }

    [Fact]
    public async Task The_quota_is_never_less_than_what_was_enrolled_and_not_scrapped()
    {
        await OpenAsync(NewLot(quota: 3));
        foreach (var unit in new[] { "pump-1", "pump-2", "pump-3" }) await IssueAsync(await ForLotAsync(unit));
        Value(await Lots.ScrapAsync(Order, Id("pump-3"), null, Admin, Now, Ct));
        Assert.Equal(RefusalCode.BadLot, Code(await Lots.ChangeLotAsync(Order, lot => lot.Definition with { Quota = 1 }, null, Admin, Now, Ct)));
        Value(await Lots.ChangeLotAsync(Order, lot => lot.Definition with { Quota = 2 }, null, Admin, Now, Ct));
        await LotRefusesAsync("pump-4", RefusalCode.QuotaExhausted);
    }

    [Fact]
    public async Task Ranges_of_lots_that_are_not_closed_do_not_overlap()
    {
        await OpenAsync(NewLot() with { Range = new LotRange("pump-", 1, 99, 4) });
        var other = NewLot() with { Range = new LotRange("pump-00", 50, 99, 2) };
        Assert.Equal(RefusalCode.BadLot, Code(await Lots.OpenLotAsync("PO-2", other, [], Admin, Now, Ct)));
        await OpenAsync(other with { Group = "others" }, "PO-3");
        Value(await Lots.CloseLotAsync(Order, Admin, Now, Ct));
        await OpenAsync(other, "PO-2");
    }

    [Fact]
    public async Task A_scrapped_unit_is_out_of_service_for_ever_and_may_be_replaced()
    {
        await OpenAsync(NewLot(quota: 1));
        var first = await IssueAsync(await ForLotAsync("pump-1"));
        var next = await IssueAsync(NewRenewal(first));
        await LotRefusesAsync("pump-2", RefusalCode.QuotaExhausted);

        var scrapped = Value(await Lots.ScrapAsync(Order, Id("pump-1"), "dead", "registrar:line-1", Now, Ct));
        Now = Now.AddSeconds(1);
        var again = Value(await Lots.ScrapAsync(Order, Id("pump-1"), "still dead", Admin, Now, Ct));

        Assert.Equal(
            new HashSet<SerialNumber> { first.SerialNumber, next.SerialNumber }, scrapped.Revoked.Select(one => one.SerialNumber).ToHashSet());
        Assert.All(scrapped.Revoked, one => Assert.Equal(RevocationReason.CessationOfOperation, one.RevocationReason));
        Assert.Equal((scrapped.ScrappedAt, 0), (again.ScrappedAt, again.Revoked.Count));
        Assert.Equal(2, (await RevokedAsync()).Count);
        Assert.Equal(DeviceState.Decommissioned, (await Database.Devices.FindDeviceAsync(Id("pump-1"), Ct))!.State);
        await LotRefusesAsync("pump-1", RefusalCode.DeviceDecommissioned);
        await IssueAsync(await ForLotAsync("pump-2"));
        await LotRefusesAsync("pump-3", RefusalCode.QuotaExhausted);
        Assert.Equal((2, 1, 2, 0), await CountsAsync());
        var entry = Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.UnitScrapped);
        Assert.Equal(("registrar:line-1", "pump-1", "PO-1: dead"), (entry.Actor, entry.Holder, entry.Detail));
        Assert.Empty(await MismatchesAsync());
    }

    [Fact]
    public async Task What_is_not_an_enrolled_unit_of_the_lot_cannot_be_scrapped()
    {
        await OpenAsync(NewLot() with { Range = new LotRange("pump-", 1, 20, 2) });
        await OpenAsync(NewLot(), "PO-2");
        await IssueAsync(await ForLotAsync("other-1", "PO-2"));
        await IssueAsync(NewReservation("free-1"));
        await ReserveAsync(await ForLotAsync("pump-01"));

        Assert.Equal(RefusalCode.NotInLot, await ScrapCodeAsync("other-1"));
        Assert.Equal(RefusalCode.NotInLot, await ScrapCodeAsync("free-1"));
        Assert.Equal(RefusalCode.NotInLot, await ScrapCodeAsync("nobody"));
        Assert.Equal(RefusalCode.NotEnrolled, await ScrapCodeAsync("pump-02"));
        Assert.Equal(RefusalCode.RequestInProgress, await ScrapCodeAsync("pump-01"));
        Assert.Equal((1, 0, 0, 0), await CountsAsync());
        Assert.Empty(await RevokedAsync());
    }

    [Fact]
    public async Task A_closed_lot_stays_as_it_is()
    {
        await OpenAsync(NewLot(quota: 9) with { HasList = true }, Order, "pump-1", "pump-2", "pump-3", "pump-4");
        var seen = await IssueAsync(await ForLotAsync("pump-1"));
        var late = await IssueAsync(await ForLotAsync("pump-2"));
        await IssueAsync(await ForLotAsync("pump-3"));
        Value(await Lots.ScrapAsync(Order, Id("pump-3"), null, Admin, Now, Ct));
        await Certificates.ConfirmAsync(seen.SerialNumber, Succession.Immediate, Now, Ct);
        Now = Now.AddMinutes(1);
        var closed = Value(await Lots.CloseLotAsync(Order, Admin, Now, Ct));
        var units = await UnitsAsync();

        // Seen after it was closed, by a clock that says before.
        await Certificates.ConfirmAsync(late.SerialNumber, Succession.Immediate, Now.AddSeconds(-30), Ct);
        Now = Now.AddMinutes(1);
        Assert.Equal(closed, Value(await Lots.CloseLotAsync(Order, "administrator:other", Now, Ct)));
        await LotRefusesAsync("pump-4", RefusalCode.LotClosed);
        Assert.Equal(RefusalCode.LotClosed, await ScrapCodeAsync("pump-1"));
        Assert.Equal(RefusalCode.LotClosed, Code(await Lots.ListUnitsAsync(Order, ["pump-9"], Admin, Now, Ct)));
        Assert.Equal(RefusalCode.LotClosed, Code(await Lots.ChangeLotAsync(Order, lot => lot.Definition, null, Admin, Now, Ct)));
        Assert.Equal(units, await UnitsAsync());
        Assert.Equal(
            [LotUnitState.Activated, LotUnitState.Unaccounted, LotUnitState.Scrapped, LotUnitState.NotIssued], units.Select(unit => unit.State));
        Assert.NotNull((await Database.Devices.FindDeviceAsync(Id("pump-2"), Ct))!.SeenAt);
    }

    [Fact]
    public async Task A_unit_is_in_flight_until_its_certificate_is_recorded_or_given_up()
    {
        await OpenAsync(NewLot());
        var reserved = await ForLotAsync("pump-1");
        await ReserveAsync(reserved);
        Value(await Lots.CloseLotAsync(Order, Admin, Now, Ct));
        Assert.Equal([new LotUnit("pump-1", LotUnitState.Unaccounted, IsInFlight: true)], await UnitsAsync());
        await RecordAsync(reserved);
        Assert.Equal([new LotUnit("pump-1", LotUnitState.Unaccounted, IsInFlight: false)], await UnitsAsync());
    }

    [Fact]
    public async Task The_first_report_of_a_lot_stays()
    {
        await OpenAsync(NewLot());
        Value(await Lots.CloseLotAsync(Order, Admin, Now, Ct));
        Assert.Equal([Order], await Lots.ListUnreportedAsync(Ct));
        Assert.Null(await Lots.FindReportAsync(Order, Ct));
        Assert.Equal("a.b.c", await Lots.KeepReportAsync(Order, "a.b.c", Now, Ct));
        Assert.Equal("a.b.c", await Lots.KeepReportAsync(Order, "d.e.f", Now, Ct));
        Assert.Equal("a.b.c", await Lots.FindReportAsync(Order, Ct));
        Assert.Empty(await Lots.ListUnreportedAsync(Ct));
        Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.LotReported);
    }

    [Fact]
    public async Task Lots_are_listed_by_state_and_group_newest_first()
    {
        for (var i = 0; i < 5; i++)
        {
            await OpenAsync(NewLot() with { OpensAt = Start.AddMinutes(i), ClosesAt = Start.AddMinutes(i + 2), Group = i % 2 == 0 ? "even" : "odd" }, $"PO-{i}");
            if (i != 2) Now = Now.AddSeconds(1);
        }

        Value(await Lots.CloseLotAsync("PO-1", Admin, Now, Ct));
        var at = Start.AddMinutes(3);
        Assert.Equal(["PO-4", "PO-2", "PO-3", "PO-1", "PO-0"], await ListAsync(new LotQuery { At = at, Limit = 2 }));
        Assert.Equal(["PO-4", "PO-2", "PO-0"], await ListAsync(new LotQuery { At = at, Group = "even" }));
        Assert.Equal(["PO-4"], await ListAsync(new LotQuery { At = at, State = LotState.Planned }));
        Assert.Equal(["PO-2", "PO-3"], await ListAsync(new LotQuery { At = at, State = LotState.Open, Limit = 1 }));
        Assert.Equal(["PO-0"], await ListAsync(new LotQuery { At = at, State = LotState.Passed }));
        Assert.Equal(["PO-1"], await ListAsync(new LotQuery { At = at, State = LotState.Closed }));
    }

    [Fact]
    public async Task Counters_that_are_not_what_they_count_are_found()
    {
        await OpenAsync(NewLot(quota: 5));
        await IssueAsync(await ForLotAsync("pump-1"));
        await WriteAsync("INSERT INTO tokens (id, secret_hash, group_name, uses, used, expires_at, created_at, created_by) VALUES ('t-1', CAST('' AS BYTEA), 'default', 3, 2, 0, 0, 'x')");
        Assert.Equal([new CounterMismatch("Token", "t-1", "uses", 2, 0)], await MismatchesAsync());

        await WriteAsync("UPDATE lots SET issued = 3, scrapped = 1, listed = 4");
        Assert.Equal(
            [
                new CounterMismatch("Lot", Order, "issued units", 3, 1), new CounterMismatch("Lot", Order, "scrapped units", 1, 0),
                new CounterMismatch("Lot", Order, "listed units", 4, 0), new CounterMismatch("Token", "t-1", "uses", 2, 0),
            ],
            await MismatchesAsync());
    }

    private static LotDefinition NewLot(long quota = 10) => new()
    {
        Group = "default",
        Quota = quota,
        OpensAt = Start,
        ClosesAt = Start.AddDays(7),
    };

    private static DeviceId Id(string text) => DeviceId.TryParse(text, out var id) ? id : throw new ArgumentException(text, nameof(text));

    private async Task<Lot> OpenAsync(LotDefinition definition, string name = Order, params string[] units) =>
        Value(await Lots.OpenLotAsync(name, definition, units, Admin, Now, Ct));

    // A reservation that counts for a lot, decided on what is on record now.
    private async Task<Reservation> ForLotAsync(string device, string name = Order)
    {
        var lot = (await Lots.FindLotAsync(name, Ct))!.Lot;
        return NewReservation(device) with
        {
            Admission = new Admission
            {
                DeviceRevision = (await Database.Devices.FindDeviceAsync(Id(device), Ct))?.Revision,
                Lot = name,
                LotRevision = lot.Revision,
                MustBeListed = lot.Definition.HasList,
            },
        };
    }

    private async Task LotRefusesAsync(string device, RefusalCode code, string name = Order) =>
        await RefusedAsync(await ForLotAsync(device, name), code);

    private async Task<RefusalCode> ScrapCodeAsync(string unit) => Code(await Lots.ScrapAsync(Order, Id(unit), null, Admin, Now, Ct));

    private async Task<(long Issued, long Scrapped, long Beyond, long Activated)> CountsAsync()
    {
        var status = (await Lots.FindLotAsync(Order, Ct))!;
        return (status.Lot.Issued, status.Lot.Scrapped, status.Lot.Beyond, status.Activated);
    }

    private async Task<List<LotUnit>> UnitsAsync() => await Lots.StreamUnitsAsync(Order, Ct).ToListAsync(Ct);

    private async Task<List<CounterMismatch>> MismatchesAsync() => await Database.Audit.ReadMismatchesAsync(Ct).ToListAsync(Ct);

    private async Task<List<string>> ListAsync(LotQuery query)
    {
        var names = new List<string>();
        for (Cursor? cursor = null; ;)
        {
            var page = await Lots.ListLotsAsync(query with { Cursor = cursor }, Ct);
            names.AddRange(page.Items.Select(status => status.Lot.Name));
            if (page.NextCursor is null) return names;
            cursor = page.NextCursor;
        }
    }
}
