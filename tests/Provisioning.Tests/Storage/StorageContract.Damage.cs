using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage;
using Provisioning.Storage.Sessions;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Storage;

/// <summary>Rows that a disk, or a person with a statement, has damaged.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task TM_39_a_damaged_row_is_in_the_CRL_as_far_as_it_can_be_read_and_keeps_no_other_out()
    {
        var all = new List<CertificateRecord>();
        for (var i = 0; i < 4; i++) all.Add(await IssueAsync(NewReservation($"pump-{i}")));
        await HoldAsync(all[0]);
        foreach (var one in all[1..]) await RevokeAsync(one, RevocationReason.Superseded);
        await WriteAsync("UPDATE certificates SET revoked_at = 9223372036854775807 WHERE holder = 'pump-0'");
        await WriteAsync("UPDATE certificates SET revoked_at = NULL WHERE holder = 'pump-1'");
        await WriteAsync("UPDATE certificates SET revocation_reason = 99 WHERE holder = 'pump-2'");
        var scope = new CrlScope("issuing");
        foreach (var entries in new[]
        {
            await Database.Crls.ReadRevokedAsync(scope, Now, Ct).ToListAsync(Ct), await Database.Crls.ReadChangedAsync(scope, 0, Now, Ct).ToListAsync(Ct),
        })
        {
            var found = entries.ToDictionary(entry => Convert.ToHexString(entry.SerialNumber));
            Assert.Equal(
                [
                    (DateTimeOffset.UnixEpoch, RevocationReason.CertificateHold, true, false),
                    (DateTimeOffset.UnixEpoch, RevocationReason.Superseded, true, false),
                    (Now, RevocationReason.Unspecified, true, false),
                    (Now, RevocationReason.Superseded, false, false),
                ],
                all.Select(one => found[one.SerialNumber.ToString()]).Select(one => (one.RevokedAt, one.Reason, one.IsDamaged, one.IsReleased)));
        }
    }

    [Theory]
    [InlineData("state = 'broken'")]
    [InlineData("state = ''")]
    [InlineData("state = 'reserved', revoked_at = NULL, revocation_reason = NULL")]
    public async Task TM_39_a_delta_CRL_makes_nothing_good_again_because_its_row_is_damaged(string damage)
    {
        var (held, released) = (await HoldAsync(await IssueAsync(NewReservation("pump-1"))), await HoldAsync(await IssueAsync(NewReservation("pump-2"))));
        Value(await Database.Revocations.ReleaseAsync(released.SerialNumber, Admin, Now, Ct));
        await WriteAsync($"UPDATE certificates SET {damage} WHERE holder = 'pump-1'");
        var entries = (await Database.Crls.ReadChangedAsync(new CrlScope("issuing"), 0, Now, Ct).ToListAsync(Ct))
            .ToDictionary(entry => Convert.ToHexString(entry.SerialNumber), entry => (entry.IsReleased, entry.IsDamaged));
        Assert.Equal((false, true), entries[held.SerialNumber.ToString()]);
        Assert.Equal((true, false), entries[released.SerialNumber.ToString()]);
    }

    [Fact]
    public async Task TM_39_a_job_counts_a_damaged_row_as_failed_and_goes_on()
    {
        var all = new List<CertificateRecord>();
        for (var i = 0; i < 3; i++) all.Add(await IssueAsync(NewReservation($"pump-{i}")));
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE holder = 'pump-1'");
        var listed = Revoke(RevocationReason.CertificateHold, new RevocationFilter { Devices = ["pump-0", "pump-1", "pump-2"] });
        Assert.Equal(2, (await Jobs.CountAsync(listed, Now.AddSeconds(1), Ct)).Certificates);
        var hold = await StartAsync(listed);
        Assert.Equal((RevocationJobState.Finished, 2, 1), await ResultAsync(hold));

        // Where each is looked at, and where many are changed at once without a look.
        var job = await StartAsync(Revoke(RevocationReason.KeyCompromise, new RevocationFilter { Authority = "issuing" }));
        Assert.Equal((RevocationJobState.Finished, 2, 1), await ResultAsync(job));
        Assert.Equal(CertificateState.Revoked, await StateAsync(all[2].SerialNumber));
        job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "issuing" }));
        Assert.Equal((RevocationJobState.Finished, 1, 0), await ResultAsync(job));
    }

    [Fact]
    public async Task TM_39_a_compromised_key_is_good_nowhere_also_where_the_row_of_another_certificate_is_damaged()
    {
        var (current, next) = await IssueTwinsAsync("pump-1");
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE state = 'current'");
        await RevokeAsync(next, RevocationReason.KeyCompromise);
        Assert.Equal(["revoked", "revoked"], await WordsAsync(current, next));
        Assert.Equal(
            Names(current, next),
            (await AuditAsync()).Where(entry => entry.Action == AuditActions.CertificateRevoked).Select(entry => entry.SerialNumber!).Order());
        var listed = await Database.Crls.ReadRevokedAsync(new CrlScope("issuing"), Now, Ct).ToListAsync(Ct);
        Assert.Equal(Names(current, next), listed.Select(entry => Convert.ToHexString(entry.SerialNumber)).Order());
        Assert.Equal(["pump-1", "pump-1"], (await Database.Feed.ReadEventsAsync(0, 10, Ct)).Select(told => told.Holder));
    }

    [Theory]
    [InlineData("not_before = 9223372036854775807")]
    [InlineData("state = 'broken'")]
    public async Task TM_39_a_device_with_a_damaged_row_is_suspended_resumed_revoked_and_decommissioned_as_any_other(string damage)
    {
        var (old, current) = (await IssueAsync(NewReservation("pump-1")), await IssueAsync(NewReservation("pump-1") with { Slot = "other" }));
        var other = await IssueAsync(NewReservation("pump-2"));
        Assert.True(DeviceId.TryParse("pump-1", out var device));
        Assert.True(DeviceId.TryParse("pump-2", out var decommissioned));
        await WriteAsync($"UPDATE certificates SET {damage} WHERE holder = 'pump-2' OR (holder = 'pump-1' AND slot <> 'other')");
        foreach (var change in new[] { DeviceChange.Suspend, DeviceChange.Resume })
            Value(await Database.DeviceChanges.ChangeAsync(device, change, null, Admin, Now, Ct));
        Assert.Equal(["current"], await WordsAsync(current));

        for (var time = 0; time < 2; time++)
            Assert.Equal(time == 0 ? ["issuing"] : [], Value(await Database.DeviceChanges.RevokeAllAsync(device, RevocationReason.KeyCompromise, Admin, Now, Ct)).Authorities);
        Value(await Database.DeviceChanges.ChangeAsync(decommissioned, DeviceChange.Decommission, null, Admin, Now, Ct));

        Assert.Equal(["revoked", "revoked", "revoked"], await WordsAsync(old, current, other));
        Assert.Equal(
            Names(old, current, other),
            (await AuditAsync()).Where(entry => entry.Action == AuditActions.CertificateRevoked).Select(entry => entry.SerialNumber!).Order());
        var listed = await Database.Crls.ReadRevokedAsync(new CrlScope("issuing"), Now, Ct).ToListAsync(Ct);
        Assert.Equal(Names(old, current, other), listed.Select(entry => Convert.ToHexString(entry.SerialNumber)).Order());
        var again = NewReservation("pump-9") with { KeyThumbprint = old.KeyThumbprint };
        Assert.Equal(RefusalCode.KeyBlocked, Assert.IsType<ReserveResult.Refused>(await Certificates.ReserveAsync(again, Ct)).Refusal.Code);
    }

    [Fact]
    public async Task TM_39_a_job_of_compromised_keys_gets_past_damaged_rows_and_revokes_them_with_the_others_of_their_keys()
    {
        var (first, second) = (await IssueTwinsAsync("pump-1"), await IssueTwinsAsync("pump-2"));
        var last = await IssueAsync(NewReservation("pump-3"));
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE holder = 'pump-1' AND state = 'current'");
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE holder = 'pump-2' AND state = 'issued'");
        var job = await StartAsync(Revoke(RevocationReason.KeyCompromise, new RevocationFilter { Authority = "issuing" }));
        Assert.Equal((RevocationJobState.Finished, 5, 0), await ResultAsync(job));
        Assert.All(await WordsAsync(first.Current, first.Next, second.Current, second.Next, last), word => Assert.Equal("revoked", word));
    }

    [Fact]
    public async Task TM_39_a_hold_waits_for_what_is_being_signed_also_beside_a_damaged_row()
    {
        var pending = NewReservation("pump-1");
        await ReserveAsync(pending);
        await IssueAsync(NewReservation("pump-2"));
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE holder = 'pump-2'");
        var job = await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Devices = ["pump-1", "pump-2"] }));
        Assert.False((await Jobs.AdvanceAsync(job.Id, "one", Now, Ct)).MustWait);
        var waiting = await Jobs.AdvanceAsync(job.Id, "one", Now, Ct);
        Assert.Equal((true, RevocationJobState.Running), (waiting.MustWait, waiting.Job!.State));
        await RecordAsync(pending);
        Assert.Equal((RevocationJobState.Finished, 1, 1), await ResultAsync(job));
        Assert.Equal(CertificateState.Held, await StateAsync(pending.SerialNumber));
    }

    [Fact]
    public async Task TM_39_every_damaged_row_that_a_job_or_a_CRL_meets_is_told_and_counted()
    {
        var all = new List<string>();
        for (var i = 0; i < 3; i++) all.Add($"certificates {(await IssueAsync(NewReservation($"pump-{i}"))).SerialNumber}");
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE holder <> 'pump-2'");
        var told = new ConcurrentQueue<string>();
        void Hear(string row, string problem) => told.Enqueue(row);
        DamagedRows.Met += Hear;
        try
        {
            using var counter = new Counted("provisioning.storage.damaged_rows");
            await FinishAsync(await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Devices = ["pump-0"] })));
            Assert.Equal(all[..1], all.Where(told.Contains));
            await FinishAsync(await StartAsync(Revoke(RevocationReason.KeyCompromise, new RevocationFilter { Authority = "issuing" })));
            Assert.Equal(all[..2], all.Where(told.Contains));
            await WriteAsync("UPDATE certificates SET revocation_reason = 99 WHERE holder = 'pump-2'");
            await Database.Crls.ReadRevokedAsync(new CrlScope("issuing"), Now, Ct).ToListAsync(Ct);
            Assert.Equal(all, all.Where(told.Contains));
            Assert.True(counter.Sum >= 3);
        }
        finally
        {
            DamagedRows.Met -= Hear;
        }
    }

    [Theory]
    [InlineData("definition = '{'")]
    [InlineData("definition = '{}'")]
    [InlineData("kind = 'broken'")]
    [InlineData("reason = 99")]
    [InlineData("until_at = 9223372036854775807")]
    [InlineData("cursor_position = 0, phase = 'walk', state = 'running', definition = 'null'")]
    public async Task TM_39_a_damaged_job_is_stopped_and_left_out_of_the_list_and_changes_nothing(string damage)
    {
        var certificate = await IssueAsync(NewReservation());
        var order = Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "another" });
        var (first, job, last) = (await StartAsync(order), await StartAsync(order), await StartAsync(order));
        await WriteAsync($"UPDATE revocation_jobs SET {damage} WHERE id = '{job.Id}'");
        await Assert.ThrowsAsync<DamagedRecordException>(() => Jobs.AdvanceAsync(job.Id, "one", Now, Ct));
        var page = await Jobs.ListJobsAsync(1, null, Ct);
        Assert.Equal(last.Id, Assert.Single(page.Items).Id);
        Assert.Equal(first.Id, Assert.Single((await Jobs.ListJobsAsync(1, page.NextCursor, Ct)).Items).Id);

        for (var i = 0; i < 2; i++)
        {
            var stopped = Value(await Jobs.StopAsync(job.Id, Boss, Now, Ct));
            Assert.Equal((job.Id, RevocationJobState.Stopped, Boss, true), (stopped.Id, stopped.State, stopped.StoppedBy, stopped.IsDamaged));
        }

        Assert.Equal(new[] { first.Id, last.Id }.Order(), await Jobs.ListRunningAsync(Ct));
        Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.RevocationJobStopped);
        Assert.Equal(CertificateState.Current, await StateAsync(certificate.SerialNumber));
    }

    [Fact]
    public async Task TM_39_a_damaged_job_is_told_once_and_looked_at_again_after_a_minute_while_others_go_on()
    {
        var certificate = await IssueAsync(NewReservation());
        var job = await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Authority = "issuing" }));
        await WriteAsync("UPDATE revocation_jobs SET definition = '{' || definition");
        var (time, log) = (new FakeTimeProvider(Now), new RecordedLog());
        using var logs = new LoggerFactory([log]);
        var runner = NewRunner(time, logs.CreateLogger<RevocationJobRunner>());
        Assert.True(await runner.TakeTurnAsync(Ct));
        Assert.Null(await runner.TakeTurnAsync(Ct));
        var other = await StartAsync(Revoke(RevocationReason.CertificateHold, new RevocationFilter { Authority = "another" }));
        while (await runner.TakeTurnAsync(Ct) is not null) Assert.True(log.Lines.Count < 10);
        Assert.Equal(RevocationJobState.Finished, (await Jobs.FindJobAsync(other.Id, Ct))!.State);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await runner.TakeTurnAsync(Ct));
        Assert.Single(log.Lines, line => line.Level == LogLevel.Error);

        await WriteAsync("UPDATE revocation_jobs SET definition = SUBSTR(definition, 2) WHERE state = 'running'");
        Assert.Null(await runner.TakeTurnAsync(Ct));
        time.Advance(TimeSpan.FromMinutes(1));
        while (await runner.TakeTurnAsync(Ct) is not null) Assert.True(log.Lines.Count < 10);
        Assert.Equal(RevocationJobState.Finished, (await Jobs.FindJobAsync(job.Id, Ct))!.State);
        Assert.Equal(CertificateState.Held, await StateAsync(certificate.SerialNumber));
    }

    [Fact]
    public async Task TM_39_a_job_that_is_damaged_itself_says_so()
    {
        await IssueAsync(NewReservation());
        var job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "issuing" }));
        await WriteAsync("UPDATE revocation_jobs SET definition = '{'");
        await Assert.ThrowsAsync<DamagedRecordException>(() => Jobs.AdvanceAsync(job.Id, "one", Now, Ct));
    }

    [Fact]
    public async Task TM_39_a_damaged_job_that_is_asked_for_is_counted_and_told()
    {
        var job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "issuing" }));
        await WriteAsync("UPDATE revocation_jobs SET definition = '{'");
        var told = new ConcurrentQueue<string>();
        void Hear(string row, string problem) => told.Enqueue(row);
        DamagedRows.Met += Hear;
        try
        {
            using var counter = new Counted("provisioning.storage.damaged_rows");
            for (var i = 0; i < 2; i++) await Assert.ThrowsAsync<DamagedRecordException>(async () => await Jobs.FindJobAsync(job.Id, Ct));
            await Assert.ThrowsAsync<DamagedRecordException>(() => Jobs.ApproveAsync(job.Id, Boss, Now, Ct));
            Assert.True(counter.Sum >= 3);
            Assert.Single(told, row => row == $"revocation_jobs {job.Id}");
        }
        finally
        {
            DamagedRows.Met -= Hear;
        }
    }

    [Theory]
    [InlineData("definition = '{'")]
    [InlineData("kind = 'broken'")]
    [InlineData("expires_at = 9223372036854775807")]
    public async Task TM_39_a_damaged_preview_confirms_nothing(string damage)
    {
        var hash = Digest.Of([7]);
        await Jobs.AddOfferAsync(
            new RevocationOffer
            {
                TokenHash = hash,
                Order = Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "issuing" }),
                Certificates = 1,
                CreatedAt = Now,
                CreatedBy = Admin,
                ExpiresAt = Now.AddMinutes(15),
            },
            Ct);
        Assert.NotNull(await Jobs.FindOfferAsync(hash, Ct));
        await WriteAsync($"UPDATE revocation_previews SET {damage}");
        Assert.Null(await Jobs.FindOfferAsync(hash, Ct));
    }

    // Two certificates of one key: a renewal that its device has not shown yet.
    private async Task<(CertificateRecord Current, CertificateRecord Next)> IssueTwinsAsync(string device)
    {
        var first = NewReservation(device);
        var current = await IssueAsync(first);
        await Certificates.ConfirmAsync(current.SerialNumber, new Succession(TimeSpan.FromDays(1), Revokes: false), Now, Ct);
        return (current, await IssueAsync(NewRenewal(current) with { KeyThumbprint = first.KeyThumbprint }));
    }

    private static IEnumerable<string> Names(params CertificateRecord[] certificates) =>
        certificates.Select(one => one.SerialNumber.ToString()).Order();

    // The states of rows that may be damaged.
    private Task<List<string>> WordsAsync(params CertificateRecord[] certificates) => Database.Writer.RunAsync(
        transaction =>
        {
            var words = new List<string>();
            foreach (var one in certificates)
            {
                using var row = transaction.Sql("SELECT state FROM certificates WHERE serial = @serial").With("serial", one.SerialNumber.ToOctets()).Query();
                Assert.True(row.Read());
                words.Add(row.GetString(0));
            }

            return words;
        },
        Ct);

    /// <summary>What a counter has counted; of other tests that run beside this one too.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _sum;

        internal Counted(string name)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Database.MeterName && instrument.Name == name) listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, measured, _, _) => Interlocked.Add(ref _sum, measured));
            _listener.Start();
        }

        internal long Sum => Interlocked.Read(ref _sum);

        public void Dispose() => _listener.Dispose();
    }
}
