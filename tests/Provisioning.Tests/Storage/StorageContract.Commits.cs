using System.Diagnostics.Metrics;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;

namespace Provisioning.Tests.Storage;

// What the writer promises to all stores.
public abstract partial class StorageContract
{
    [Fact]
    public async Task Callers_that_wait_at_the_same_time_share_one_commit()
    {
        var commits = await BehindAGateAsync(() =>
        {
            var many = Enumerable.Range(0, 100).Select(i => NewReservation($"pump-{i}"));
            return Task.WhenAll(many.Select(reservation => ReserveAsync(reservation)));
        });
        Assert.Equal(2, commits);
    }

    [Fact]
    public async Task An_operation_that_fails_does_not_spoil_the_others_of_its_batch()
    {
        var first = NewReservation("pump-1");
        var last = NewReservation("pump-2");
        Task[] good = [];
        var bad = Task.CompletedTask;
        await BehindAGateAsync(async () =>
        {
            var before = ReserveAsync(first);
            bad = Database.Writer.RunAsync<bool>(
                transaction =>
                {
                    transaction.Sql("INSERT INTO principals (name, kind, added_at) VALUES ('half', 'registrar', 1)")
                        .Execute();
                    throw new InvalidTimeZoneException("a defect");
                },
                Ct);
            good = [before, ReserveAsync(last)];
            await Task.WhenAny(bad);
        });
        await Task.WhenAll(good);
        Assert.Equal("a defect", (await Assert.ThrowsAsync<InvalidTimeZoneException>(() => bad)).Message);
        Assert.Equal(CertificateState.Reserved, await StateAsync(first.SerialNumber));
        Assert.Equal(CertificateState.Reserved, await StateAsync(last.SerialNumber));
        // Nothing of the one that failed is there: its name is still free.
        Assert.True(await Database.Authorities.AddPrincipalAsync("half", HolderKind.Administrator, Now, Ct));
    }

    [Fact]
    public async Task The_audit_chain_goes_on_after_a_batch_was_rolled_back()
    {
        await IssueAsync(NewReservation("pump-1"));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Database.Writer.RunAsync<bool>(
            transaction =>
            {
                transaction.Audit("nothing", "nobody", Now, null, null, null, null);
                throw new InvalidTimeZoneException("a defect");
            },
            Ct));
        await IssueAsync(NewReservation("pump-2"));
        Assert.Equal([1, 2], (await AuditAsync()).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task An_operation_whose_caller_has_gone_is_not_begun()
    {
        using var gone = new CancellationTokenSource();
        var waiting = Task.CompletedTask;
        await BehindAGateAsync(async () =>
        {
            waiting = Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, Now, gone.Token);
            await gone.CancelAsync();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task Closing_finishes_what_is_queued_and_refuses_what_comes_after()
    {
        using var gate = new ManualResetEventSlim();
        var blocker = Database.Writer.RunAsync(_ => gate.Wait(TimeSpan.FromMinutes(1)), Ct);
        var queued = Enumerable.Range(0, 20).Select(i => ReserveAsync(NewReservation($"pump-{i}"))).ToArray();
        var closing = Database.DisposeAsync();
        var late = await Assert.ThrowsAsync<StorageUnavailableException>(() => ReserveAsync(NewReservation("late")));
        Assert.False(late.OutcomeUnknown);
        gate.Set();
        await closing;
        await blocker;
        await Task.WhenAll(queued);
        await RestartAsync();
        Assert.Equal(20, (await Certificates.ListAsync(new CertificateQuery(), Ct)).Items.Count);
    }

    [Fact]
    public async Task A_database_that_a_newer_version_has_used_is_refused()
    {
        await WriteAsync("UPDATE meta SET value = '9999' WHERE key = 'schema'");
        var refused = await Assert.ThrowsAsync<DatabaseOpenException>(RestartAsync);
        Assert.Contains("schema 9999", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_directory_is_refused()
    {
        var refused = await Assert.ThrowsAsync<DatabaseOpenException>(() => Database.OpenAsync(Options(), Ct));
        Assert.Contains("provisioning.lock", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_healthy_database_says_that_it_can_be_written_to()
    {
        await Database.CheckWritableAsync(Ct);
        await Database.CheckWritableAsync(Ct);
        Assert.False(Database.Failed.IsCompleted);
    }

    [Fact]
    public async Task Commits_are_measured()
    {
        var instruments = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == Database.MeterName) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, _, _, _) => Note(instrument));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Note(instrument));
        listener.Start();
        await Database.CheckWritableAsync(Ct);
        listener.RecordObservableInstruments();
        Assert.Equal(
            [
                "provisioning.storage.commit.batch_size", "provisioning.storage.commit.duration",
                "provisioning.storage.queue.length",
            ],
            instruments.Order());

        void Note(Instrument instrument)
        {
            lock (instruments) instruments.Add(instrument.Name);
        }
    }

    [Fact]
    public async Task A_defect_of_whoever_measures_commits_does_not_make_them_fail()
    {
        var measured = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == Database.Writer.Metrics.Meter) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, _, _, _) =>
        {
            measured++;
            throw new InvalidTimeZoneException("a defect");
        });
        listener.Start();
        await IssueAsync(NewReservation("pump-1"));
        Assert.Equal(2, measured);
        Assert.Equal([1], (await AuditAsync()).Select(entry => entry.Sequence));
    }

    /// <summary>
    /// Keeps the writer busy while work is queued; says how many commits it all took, the gate's own included.
    /// </summary>
    private async Task<long> BehindAGateAsync(Func<Task> queue)
    {
        var before = Database.Writer.Metrics.Commits;
        using var gate = new ManualResetEventSlim();
        using var reached = new SemaphoreSlim(0);
        var blocker = Database.Writer.RunAsync(
            _ =>
            {
                reached.Release();
                return gate.Wait(TimeSpan.FromMinutes(1));
            },
            Ct);
        await reached.WaitAsync(Ct);
        var queued = queue();
        gate.Set();
        await blocker;
        await queued;
        return Database.Writer.Metrics.Commits - before;
    }
}
