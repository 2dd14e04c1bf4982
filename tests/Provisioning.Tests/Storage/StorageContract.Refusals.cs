using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Storage;

/// <summary>Why devices were refused: kept, counted, and bounded.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task The_same_refusal_of_a_day_is_counted_and_the_next_day_begins_anew()
    {
        await NoteAsync(NewRefusal("pump-1", 2));
        Now = Now.AddHours(1);
        await NoteAsync(NewRefusal("pump-1", 3) with { Detail = "later" });
        Now = Now.AddDays(1);
        await NoteAsync(NewRefusal("pump-1", 1), NewRefusal("pump-2", 7));

        var rows = await RefusalsOfAsync("pump-1");
        Assert.Equal([(1, "no"), (5, "later")], rows.Select(row => ((int)row.Count, row.Detail)));
        Assert.Equal((Start, Start.AddHours(1)), (rows[1].FirstAt, rows[1].LastAt));
    }

    [Fact]
    public async Task TM_25_refusals_take_no_more_than_their_place()
    {
        for (var i = 0; i <= IRefusalStore.Capacity; i += 1_000)
        {
            Now = Now.AddMinutes(1);
            await NoteAsync([.. Enumerable.Range(i, 1_000).Select(number => NewRefusal($"pump-{number}", 1))]);
        }

        Assert.Empty(await RefusalsOfAsync("pump-0"));
        Assert.Single(await RefusalsOfAsync($"pump-{IRefusalStore.Capacity}"));
        var kept = await Database.Writer.RunAsync(
            transaction => Convert.ToInt64(transaction.Session.Ask("SELECT COUNT(*) FROM refusals")), Ct);
        Assert.Equal(IRefusalStore.Capacity, kept);
    }

    private Task NoteAsync(params RefusalRecord[] refusals) => Database.Refusals.NoteRefusalsAsync(refusals, Ct);

    private async Task<IReadOnlyList<RefusalRecord>> RefusalsOfAsync(string device)
    {
        Assert.True(DeviceId.TryParse(device, out var id));
        return await Database.Refusals.ListRefusalsAsync(id, 100, Ct);
    }

    private RefusalRecord NewRefusal(string device, long count) => new()
    {
        DeviceId = DeviceId.TryParse(device, out var id) ? id : throw new ArgumentException(device),
        Code = RefusalCode.NotPreregistered,
        Requester = "registrar:line",
        Detail = "no",
        FirstAt = Now,
        LastAt = Now,
        Count = count,
    };
}
