using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Revocation.Jobs;

namespace Provisioning.Tests.Storage;

/// <summary>How jobs go through a registry of which they concern little, or much.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task A_job_that_concerns_little_of_a_large_registry_reads_it_in_pieces_and_writes_to_what_it_has_found_alone()
    {
        const int many = 32_000;
        int[] narrow = [7, 15_000, many - 1];
        await FillAsync(many, number => narrow.Contains(number) ? "pumps" : "valves");
        var order = Revoke(RevocationReason.Superseded, new RevocationFilter { Group = "pumps" });
        var count = await Jobs.CountAsync(order, Now, Ct);
        Assert.Equal((3, 3), (count.Certificates, count.Samples.Count));
        Assert.Equal(many - 3, (await Jobs.CountAsync(order with { Filter = new RevocationFilter { Group = "valves" } }, Now, Ct)).Certificates);
        var job = await StartAsync(order);
        var parts = new List<(int Range, int Named)>();
        while (true)
        {
            var part = await PlanAsync(job);
            if (part.Next.IsSweeping && parts.Count == 4) break;
            parts.Add((part.Range is null ? 0 : 1, part.Certificates.Count));
            await Jobs.AdvanceAsync(job.Id, "one", Now, Ct);
        }

        // Ten thousand rows for each, whether there is something among them or not; the rest of two thousand at the end.
        Assert.Equal([(0, 1), (0, 1), (0, 0), (0, 1)], parts);
        Assert.Equal((RevocationJobState.Finished, 3, 0), await ResultAsync(job));
        foreach (var number in narrow)
        {
            Assert.True(SerialNumber.TryParse(SerialOf(number), out var serial));
            Assert.Equal(CertificateState.Revoked, await StateAsync(serial));
        }
    }

    [Fact]
    public async Task A_job_that_concerns_much_of_it_changes_a_thousand_at_once_and_all_of_it_is_told_by_CRLs_of_shards_and_deltas()
    {
        const int many = 4_500;
        await FillAsync(many, number => number < 2_000 || number % 100 == 0 ? "pumps" : "valves");
        var since = await Database.Crls.ReadSequenceAsync(Ct);
        var job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Group = "pumps" }));
        var changed = new List<int>();
        for (var before = 0L; changed.Count < 4;)
        {
            var now = (await Jobs.AdvanceAsync(job.Id, "one", Now, Ct)).Job!.Done;
            changed.Add((int)(now - before));
            before = now;
        }

        Assert.Equal([1_000, 1_000, 25, 0], changed);
        Assert.Equal((RevocationJobState.Finished, 2_025, 0), await ResultAsync(job));
        foreach (var shard in new[] { 1, 2, 3 })
        {
            var scope = new CrlScope("issuing", shard);
            var wanted = Enumerable.Range(0, many).Where(number => (number < 2_000 || number % 100 == 0) && ShardOf(number) == shard).Select(SerialOf);
            Assert.True(await Database.Crls.HasChangedAsync(scope, since, Ct));
            var delta = await Database.Crls.ReadChangedAsync(scope, since, Now, Ct).ToListAsync(Ct);
            var complete = await Database.Crls.ReadRevokedAsync(scope, Now, Ct).ToListAsync(Ct);
            Assert.Equal(wanted, delta.Select(entry => Convert.ToHexString(entry.SerialNumber)).Order());
            Assert.Equal(delta.Count, complete.Count);
            Assert.All(delta.Concat(complete), entry => Assert.Equal((RevocationReason.Superseded, false), (entry.Reason, entry.IsReleased)));
        }
    }

    [Fact]
    public async Task TM_19_a_job_that_waits_is_counted_again_when_somebody_agrees_and_is_stopped_after_a_week()
    {
        await IssueIntoAsync("pumps", NewReservation("pump-0"));
        var time = new FakeTimeProvider(Now.AddSeconds(1));
        var service = new RevocationJobService(
            Jobs, new RevocationJobSignal(), new RevocationJobOptions { SecondAdministratorAbove = 0 }, new ClockGuard(time));
        var (first, second) = (new Caller.Administrator("a"), new Caller.Administrator("b"));
        var order = Revoke(RevocationReason.Superseded, new RevocationFilter { Group = "pumps" });
        var preview = Value(await service.PreviewAsync(order, first, Ct));
        var job = Value(await service.ConfirmAsync(preview.ConfirmationToken, first, Ct));
        Assert.Equal(RevocationJobState.Waiting, job.State);
        for (var i = 1; i <= 11; i++) await IssueIntoAsync("pumps", NewReservation($"pump-{i}"));
        Assert.Equal(RefusalCode.CountChanged, Code(await service.ApproveAsync(job.Id, second, Ct)));
        Assert.Equal(RevocationJobState.Waiting, (await Jobs.FindJobAsync(job.Id, Ct))!.State);

        time.Advance(RevocationJobOptions.ApprovalLifetime);
        Assert.Equal(RefusalCode.BadConfirmation, Code(await service.ApproveAsync(job.Id, second, Ct)));
        var stopped = (await Jobs.FindJobAsync(job.Id, Ct))!;
        Assert.Equal((RevocationJobState.Stopped, "service"), (stopped.State, stopped.StoppedBy));
        Assert.Equal(RevocationJobState.Stopped, Value(await service.ApproveAsync(job.Id, second, Ct)).State);
    }

    [Fact]
    public async Task A_job_whose_process_was_killed_goes_on_at_once_also_while_the_clock_stands()
    {
        await FillAsync(1_500, _ => "pumps");
        var job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Group = "pumps" }));
        var time = new FakeTimeProvider(Now);
        Assert.False(await NewRunner(time).TakeTurnAsync(Ct));
        Assert.Equal(1_000, (await Jobs.FindJobAsync(job.Id, Ct))!.Done);
        Assert.False(await NewRunner(time).TakeTurnAsync(Ct));
        Assert.Equal(1_500, (await Jobs.FindJobAsync(job.Id, Ct))!.Done);
    }

    [Fact]
    public async Task A_job_that_nobody_has_agreed_to_for_a_week_is_stopped_without_anybody_asking()
    {
        await IssueIntoAsync("pumps", NewReservation("pump-0"));
        var offer = NewOffer(Revoke(RevocationReason.Superseded, new RevocationFilter { Group = "pumps" }));
        await Jobs.AddOfferAsync(offer, Ct);
        var waiting = Value(await Jobs.ConfirmAsync(offer, NewJobId(), 1, waits: true, Now, Ct));
        var time = new FakeTimeProvider(Now + RevocationJobOptions.ApprovalLifetime - TimeSpan.FromMinutes(1));
        var runner = NewRunner(time);
        Assert.Null(await runner.TakeTurnAsync(Ct));
        Assert.Equal(RevocationJobState.Waiting, (await Jobs.FindJobAsync(waiting.Id, Ct))!.State);

        var running = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "another" }));
        time.Advance(TimeSpan.FromMinutes(1));
        while (await runner.TakeTurnAsync(Ct) is not null) { }

        var stopped = (await Jobs.FindJobAsync(waiting.Id, Ct))!;
        Assert.Equal((RevocationJobState.Stopped, "service", time.GetUtcNow()), (stopped.State, stopped.StoppedBy, stopped.EndedAt));
        var entry = Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.RevocationJobStopped);
        Assert.Equal(("service", $"{waiting.Id} 0"), (entry.Actor, entry.Detail));
        Assert.Equal(RevocationJobState.Finished, (await Jobs.FindJobAsync(running.Id, Ct))!.State);
        Assert.Equal(RevocationJobState.Stopped, Value(await Jobs.ApproveAsync(waiting.Id, "administrator:b", time.GetUtcNow(), Ct)).State);
    }

    [Fact]
    public async Task A_job_that_still_holds_certificates_is_not_released_until_it_is_over()
    {
        await IssueAsync(NewReservation());
        var job = await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Authority = "issuing" }));
        var service = new RevocationJobService(
            Jobs, new RevocationJobSignal(), new RevocationJobOptions(), new ClockGuard(new FakeTimeProvider(Now.AddSeconds(1))));
        var order = new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = job.Id });
        Assert.Equal(RefusalCode.BadRevocationJob, Code(await service.PreviewAsync(order, new Caller.Administrator("a"), Ct)));
        await FinishAsync(job);
        Assert.Equal(1, Value(await service.PreviewAsync(order, new Caller.Administrator("a"), Ct)).Count.Certificates);
    }

    private RevocationJobRunner NewRunner(FakeTimeProvider time, ILogger<RevocationJobRunner>? logger = null) => new(
        Jobs, new RevocationJobSignal(), new CrlSignal(), new CrlOptions { Directory = DataDirectory, SuppliedDirectory = DataDirectory },
        new ClockGuard(time), time, logger ?? NullLogger<RevocationJobRunner>.Instance);

    private async Task<(RevocationJobState, long, long)> ResultAsync(RevocationJob job)
    {
        var over = await FinishAsync(job, "one");
        return (over.State, over.Done, over.Failed);
    }

    private Task<RevocationPart> PlanAsync(RevocationJob job) => Database.Writer.RunAsync(
        transaction =>
        {
            var row = RevocationJobRow.Find(transaction, job.Id)!;
            return RevocationPart.PlanAsync(transaction.Session, (row, Now), Ct).AsTask().GetAwaiter().GetResult();
        },
        Ct);

    // As many as a test wants, of devices that are in no registry: in one transaction, as no service would.
    private async Task FillAsync(int many, Func<int, string> group)
    {
        await Database.Writer.RunAsync(
            transaction =>
            {
                for (var number = 0; number < many; number++) Add(transaction, number, group(number));
                return true;
            },
            Ct);
        Now = Now.AddMinutes(many / 1_000);
    }

    private void Add(Transaction transaction, int number, string group)
    {
        const string sql = """
            INSERT INTO certificates (serial, authority, holder_kind, holder, profile, state, key_thumbprint, tbs_hash, thumbprint,
                not_before, not_after, reserved_at, issued_at, requester, request_hash, group_name, shard)
            VALUES (@serial, 'issuing', 'device', @holder, 'device', 'current', @hash, @hash, @hash,
                @at, @not_after, @at, @at, 'registrar:factory-line', @hash, @group, @shard)
            """;
        var at = Now.AddMilliseconds(number);
        transaction.Sql(sql)
            .With("serial", Convert.FromHexString(SerialOf(number)))
            .With("holder", $"d-{number}")
            .With("hash", new byte[32])
            .With("at", at)
            .With("not_after", at.AddDays(90))
            .With("group", group)
            .With("shard", ShardOf(number))
            .Execute();
    }

    private static int ShardOf(int number) => 1 + (number % 3);

    private static string SerialOf(int number)
    {
        var octets = new byte[16];
        octets[0] = 0x40;
        BinaryPrimitives.WriteInt32BigEndian(octets.AsSpan(8), number);
        return Convert.ToHexString(octets);
    }
}
