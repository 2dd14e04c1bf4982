using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Tests.Storage;

// How long a caller waits for the writer, and what is true when it waits no longer.
public abstract partial class StorageContract
{
    private static readonly TimeSpan WriteTimeout = new Provisioning.Storage.DatabaseOptions { DataDirectory = "" }.WriteTimeout;

    [Fact]
    public async Task A_database_that_another_program_has_locked_stores_nothing_and_works_again_when_it_is_free()
    {
        var reservations = Enumerable.Range(0, 3).Select(i => NewReservation($"pump-{i}")).ToList();
        await using (await LockAsync())
        {
            var refused = reservations
                .Select(reservation => Assert.ThrowsAsync<StorageUnavailableException>(() => ReserveAsync(reservation)))
                .Append(Assert.ThrowsAsync<StorageUnavailableException>(() => Database.CheckWritableAsync(Ct)));
            Assert.All(await Task.WhenAll(refused), busy => Assert.False(busy.OutcomeUnknown));
        }

        Assert.Equal(0, await RowsAsync());
        foreach (var reservation in reservations) await IssueAsync(reservation);
        await Database.CheckWritableAsync(Ct);
    }

    [Fact]
    public async Task A_full_queue_turns_new_requests_away_at_once_and_takes_what_ends_an_earlier_one()
    {
        var letIn = NewReservation("pump-1");
        await ReserveAsync(letIn);
        var gate = await Gate.CloseAsync(Database.Writer, Ct);
        var waiting = Enumerable.Range(0, Writer.QueueLimit).Select(_ => Database.Writer.RunAsync(_ => true, Ct)).ToList();

        var full = await Assert.ThrowsAsync<StorageUnavailableException>(() => ReserveAsync(NewReservation("pump-2")));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Database.CheckWritableAsync(Ct));
        var recording = RecordAsync(letIn);

        Assert.False(full.OutcomeUnknown);
        await gate.OpenAsync();
        await Task.WhenAll(waiting);
        Assert.Equal(CertificateState.Current, (await recording).State);
        await ReserveAsync(NewReservation("pump-2"));
    }

    [Fact]
    public async Task A_reservation_that_nobody_waits_for_any_more_is_not_made_when_it_has_not_begun()
    {
        var reservation = NewReservation();
        var gate = await Gate.CloseAsync(Database.Writer, Ct);
        var reserving = ReserveAsync(reservation);
        Patience.Advance(WriteTimeout);

        var late = await Assert.ThrowsAsync<StorageUnavailableException>(() => reserving);

        Assert.False(late.OutcomeUnknown);
        await gate.OpenAsync();
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task A_reservation_that_nobody_waits_for_any_more_is_given_up_when_it_has_begun()
    {
        var reservation = NewReservation();
        var (reserving, gate) = await BeginAsync(() => ReserveAsync(reservation));
        Patience.Advance(WriteTimeout);

        var late = await Assert.ThrowsAsync<StorageUnavailableException>(() => reserving);

        Assert.True(late.OutcomeUnknown);
        await gate.OpenAsync();
        var retry = NewReservation() with { KeyThumbprint = reservation.KeyThumbprint };
        await IssueAsync(retry);
        Assert.Equal(CertificateState.Abandoned, await StateAsync(reservation.SerialNumber));
    }

    [Fact]
    public async Task A_record_that_nobody_waits_for_any_more_is_not_made_when_it_has_not_begun_and_its_reservation_can_be_given_up()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        var gate = await Gate.CloseAsync(Database.Writer, Ct);
        var recording = RecordAsync(reservation);
        Patience.Advance(WriteTimeout);

        var late = await Assert.ThrowsAsync<StorageUnavailableException>(() => recording);
        var abandoning = Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct);

        Assert.False(late.OutcomeUnknown);
        await gate.OpenAsync();
        Assert.True(await abandoning);
        Assert.Equal(["reservation-abandoned"], (await AuditAsync()).Select(entry => entry.Action));
        Assert.Null(await Certificates.FindWithDerAsync(reservation.SerialNumber, Ct));
    }

    [Fact]
    public async Task A_record_that_has_begun_is_made_although_nobody_waits_for_it_and_giving_its_reservation_up_comes_too_late()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        var (recording, gate) = await BeginAsync(() => RecordAsync(reservation));
        Patience.Advance(WriteTimeout);

        var late = await Assert.ThrowsAsync<StorageUnavailableException>(() => recording);
        var abandoning = Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct);

        Assert.True(late.OutcomeUnknown);
        await gate.OpenAsync();
        Assert.False(await abandoning);
        Assert.Equal(CertificateState.Current, await StateAsync(reservation.SerialNumber));
        Assert.Equal(["certificate-issued"], (await AuditAsync()).Select(entry => entry.Action));
        // What the device is told when it asks again.
        var retry = NewReservation() with { KeyThumbprint = reservation.KeyThumbprint };
        Assert.Equal(reservation.SerialNumber, (await ExistingAsync(retry)).Record.SerialNumber);
    }

    [Fact]
    public async Task Reservations_that_a_locked_database_could_not_give_up_are_given_up_by_the_next_sweep_in_one_commit()
    {
        var reservations = Enumerable.Range(0, 10).Select(i => NewReservation($"pump-{i}")).ToList();
        foreach (var reservation in reservations) await ReserveAsync(reservation);
        await using (await LockAsync())
        {
            await Task.WhenAll(reservations.Select(reservation => Assert.ThrowsAsync<StorageUnavailableException>(
                () => Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct))));
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Certificates.SweepAsync(Ct));
        }

        var sweeping = Task.CompletedTask;
        var commits = await BehindAGateAsync(() => sweeping = Certificates.SweepAsync(Ct));

        Assert.Equal(2, commits);
        foreach (var reservation in reservations)
            Assert.Equal(CertificateState.Abandoned, await StateAsync(reservation.SerialNumber));
        Assert.Equal(10, (await AuditAsync()).Count);
    }

    [Fact]
    public async Task A_reservation_that_a_locked_database_could_not_give_up_does_not_block_its_device()
    {
        var reservation = NewReservation();
        await ReserveAsync(reservation);
        await using (await LockAsync())
        {
            await Assert.ThrowsAsync<StorageUnavailableException>(
                () => Certificates.AbandonAsync(reservation.SerialNumber, Now, Ct));
        }

        await IssueAsync(NewReservation() with { KeyThumbprint = reservation.KeyThumbprint });
        Assert.Equal(CertificateState.Abandoned, await StateAsync(reservation.SerialNumber));
    }

    /// <summary>Queues work, and lets the writer begin the transaction that it is part of, but not go on with it.</summary>
    private async Task<(Task Work, Gate Gate)> BeginAsync(Func<Task> queue)
    {
        var first = await Gate.CloseAsync(Database.Writer, Ct);
        var second = new Gate(Database.Writer, Ct);
        var work = queue();
        await first.OpenAsync();
        await second.ReachedAsync(Ct);
        return (work, second);
    }

    /// <summary>An operation that keeps the writer waiting in the middle of a transaction.</summary>
    private sealed class Gate
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new();
        private readonly Task _running;

        public Gate(Writer writer, CancellationToken ct) => _running = writer.RunAsync(
            _ =>
            {
                _reached.TrySetResult();
                return _open.Task.Wait(TimeSpan.FromMinutes(1));
            },
            ct);

        public static async Task<Gate> CloseAsync(Writer writer, CancellationToken ct)
        {
            var gate = new Gate(writer, ct);
            await gate.ReachedAsync(ct);
            return gate;
        }

        public Task ReachedAsync(CancellationToken ct) => _reached.Task.WaitAsync(ct);

        public async Task OpenAsync()
        {
            _open.SetResult();
            try
            {
                await _running;
            }
            catch (StorageUnavailableException)
            {
                // The test has let time pass, for this operation too.
            }
        }
    }
}
