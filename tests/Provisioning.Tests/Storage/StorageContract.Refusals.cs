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
            var requester = $"registrar:line-{i}";
            await NoteAsync([.. Enumerable.Range(i, 1_000).Select(number => NewRefusal($"pump-{number}", 1) with { Requester = requester })]);
        }

        Assert.Empty(await RefusalsOfAsync("pump-0"));
        Assert.Single(await RefusalsOfAsync($"pump-{IRefusalStore.Capacity}"));
        var kept = await Database.Writer.RunAsync(
            transaction => Convert.ToInt64(transaction.Session.Ask("SELECT COUNT(*) FROM refusals")), Ct);
        Assert.Equal(IRefusalStore.Capacity, kept);
    }

    [Fact]
    public async Task TM_25_who_makes_up_devices_pushes_out_nothing_but_what_it_made_up()
    {
        await IssueAsync(NewReservation("unit-4711"));
        await NoteAsync(NewRefusal("unit-4711", 1), NewRefusal("unit-4712", 1) with { Requester = "registrar:other" });
        for (var i = 0; i < 3; i++)
        {
            Now = Now.AddMinutes(1);
            await NoteAsync([.. Enumerable.Range(i * 1_000, 1_000).Select(number => NewRefusal($"made-up-{number}", 1))]);
        }

        Assert.Single(await RefusalsOfAsync("unit-4711"));
        Assert.Single(await RefusalsOfAsync("unit-4712"));
        Assert.Empty(await RefusalsOfAsync("made-up-1999"));
        Assert.Single(await RefusalsOfAsync("made-up-2000"));
    }

    [Fact]
    public async Task TM_25_the_refusals_of_one_caller_about_registered_devices_are_bounded_too()
    {
        await WriteAsync("""
            INSERT INTO devices (device_id, state, created_at, updated_at)
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)
            SELECT 'pump-' || i, 'active', 0, 0 FROM n
            """);
        for (var i = 0; i < 6_000; i += 1_000)
        {
            Now = Now.AddMinutes(1);
            await NoteAsync([.. Enumerable.Range(i, 1_000).Select(number => NewRefusal($"pump-{number}", 1))]);
        }

        Assert.Empty(await RefusalsOfAsync("pump-999"));
        Assert.Single(await RefusalsOfAsync("pump-1000"));
    }

    [Fact]
    public async Task TM_25_one_caller_does_not_take_the_place_of_others_between_two_writes()
    {
        var log = new RefusalLog(Database.Refusals, new ClockGuard(Patience));
        for (var i = 0; i < 600; i++) log.Note(Id($"made-up-{i}"), new Caller.Registrar("loud"), new Refusal(RefusalCode.NotExpected, "no"));
        log.Note(Id("made-up-0"), new Caller.Registrar("loud"), new Refusal(RefusalCode.NotExpected, "no"));
        log.Note(Id("unit-4711"), new Caller.Registrar("quiet"), new Refusal(RefusalCode.NotExpected, "no"));
        await log.FlushAsync(Ct);

        Assert.Single(await RefusalsOfAsync("unit-4711"));
        Assert.Equal(2, Assert.Single(await RefusalsOfAsync("made-up-0")).Count);
        Assert.Single(await RefusalsOfAsync("made-up-49"));
        Assert.Empty(await RefusalsOfAsync("made-up-50"));
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
