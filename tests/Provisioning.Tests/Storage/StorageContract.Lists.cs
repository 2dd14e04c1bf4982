using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;

namespace Provisioning.Tests.Storage;

// The lists: order, filters, pages.
public abstract partial class StorageContract
{
    [Fact]
    public async Task Certificates_are_listed_newest_first_and_every_one_on_one_page()
    {
        var all = new List<SerialNumber>();
        for (var i = 0; i < 10; i++)
        {
            // Two at the same time: then the serial number decides.
            if (i % 2 == 0) Now = Now.AddSeconds(1);
            all.Add((await IssueAsync(NewReservation($"pump-{i}"))).SerialNumber);
        }

        var pages = new List<IReadOnlyList<CertificateRecord>>();
        Cursor? cursor = null;
        do
        {
            var page = await Certificates.ListAsync(new CertificateQuery { Limit = 3, Cursor = cursor }, Ct);
            pages.Add(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal([3, 3, 3, 1], pages.Select(page => page.Count));
        var listed = pages.SelectMany(page => page).ToList();
        Assert.Equal(all.ToHashSet(), listed.Select(one => one.SerialNumber).ToHashSet());
        var times = listed.Select(one => one.ReservedAt).ToList();
        Assert.Equal(times.OrderDescending(), times);
    }

    [Fact]
    public async Task A_page_that_is_just_full_is_the_last()
    {
        for (var i = 0; i < 3; i++) await IssueAsync(NewReservation($"pump-{i}"));
        var page = await Certificates.ListAsync(new CertificateQuery { Limit = 3 }, Ct);
        Assert.Equal(3, page.Items.Count);
        Assert.Null(page.NextCursor);
    }

    [Fact]
    public async Task Certificates_are_filtered_by_holder_kind_state_and_expiry()
    {
        var pump = await IssueAsync(NewReservation("pump-1"));
        var renewed = await IssueAsync(NewRenewal(pump));
        var line = await IssueAsync(NewReservation("pump-1") with { HolderKind = HolderKind.Registrar });
        var soon = await IssueAsync(NewReservation("pump-2") with { NotAfter = Now.AddDays(1) });

        Assert.Equal([pump, renewed, line], await ListedAsync(new CertificateQuery { Holder = "pump-1" }));
        Assert.Equal([line], await ListedAsync(new CertificateQuery { HolderKind = HolderKind.Registrar }));
        Assert.Equal([renewed], await ListedAsync(new CertificateQuery { State = CertificateState.Issued }));
        Assert.Equal([soon], await ListedAsync(new CertificateQuery { ExpiresBefore = Now.AddDays(2) }));
        var current = new CertificateQuery { Holder = "pump-1", State = CertificateState.Current };
        Assert.Equal([pump], await ListedAsync(current with { HolderKind = HolderKind.Device }));
        Assert.Empty(await ListedAsync(new CertificateQuery { Holder = "pump-3" }));

        async Task<HashSet<CertificateRecord>> ListedAsync(CertificateQuery query) =>
            [.. (await Certificates.ListAsync(query, Ct)).Items];
    }

    [Fact]
    public async Task Devices_are_listed_by_octet_with_prefix_state_and_pages()
    {
        string[] ids = ["a-1", "B-1", "a-2", "a:3", "a_4", "b-1", "a-10"];
        foreach (var id in ids) await ReserveAsync(NewReservation(id));
        await IssueRenewedAsync("z-1");

        Assert.Equal(
            ["B-1", "a-1", "a-10", "a-2", "a:3", "a_4", "b-1", "z-1"],
            await ListedAsync(new DeviceQuery { Limit = 3 }));
        Assert.Equal(["a-1", "a-10", "a-2"], await ListedAsync(new DeviceQuery { Prefix = "a-", Limit = 2 }));
        Assert.Equal(["z-1"], await ListedAsync(new DeviceQuery { State = DeviceState.Active }));
        Assert.Empty(await ListedAsync(new DeviceQuery { Prefix = "%" }));

        async Task<List<string>> ListedAsync(DeviceQuery query)
        {
            var listed = new List<string>();
            Page<Device> page;
            do
            {
                page = await Database.Devices.ListDevicesAsync(query, Ct);
                Assert.True(page.Items.Count <= query.Limit);
                listed.AddRange(page.Items.Select(device => device.Id.Value));
                query = query with { Cursor = page.NextCursor };
            }
            while (page.NextCursor is not null);
            return listed;
        }
    }

    [Fact]
    public async Task The_history_of_a_device_is_its_own_newest_first()
    {
        await IssueRenewedAsync("pump-1");
        await IssueRenewedAsync("pump-2");
        await IssueAsync(NewReservation("pump-1") with { HolderKind = HolderKind.Registrar });

        Assert.True(DeviceId.TryParse("pump-1", out var id));
        var first = await Database.Devices.HistoryAsync(id, 2, null, Ct);
        var second = await Database.Devices.HistoryAsync(id, 2, first.NextCursor, Ct);
        Assert.Equal([3, 2], first.Items.Select(entry => entry.Sequence));
        Assert.Equal([1], second.Items.Select(entry => entry.Sequence));
        Assert.Null(second.NextCursor);
        Assert.True(DeviceId.TryParse("pump-3", out var unknown));
        Assert.Empty((await Database.Devices.HistoryAsync(unknown, 2, null, Ct)).Items);
    }

    [Fact]
    public async Task The_cursor_of_another_list_is_some_place_and_no_error()
    {
        await IssueRenewedAsync("pump-1");
        Assert.True(DeviceId.TryParse("pump-1", out var id));
        Cursor[] strange = [new(0, "pump-0"), new(long.MaxValue, ""), new(long.MinValue, "00")];
        foreach (var cursor in strange)
        {
            await Certificates.ListAsync(new CertificateQuery { Cursor = cursor }, Ct);
            await Database.Devices.ListDevicesAsync(new DeviceQuery { Cursor = cursor }, Ct);
            await Database.Devices.HistoryAsync(id, 10, cursor, Ct);
        }
    }

    /// <summary>Three audit entries: issued, issued again, confirmed.</summary>
    private async Task IssueRenewedAsync(string device)
    {
        var renewed = await IssueAsync(NewRenewal(await IssueAsync(NewReservation(device))));
        await Certificates.ConfirmAsync(renewed.SerialNumber, Succession.Immediate, Now, Ct);
    }
}
