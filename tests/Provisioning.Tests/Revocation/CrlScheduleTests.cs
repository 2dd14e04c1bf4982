using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class CrlScheduleTests : IAsyncLifetime
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly CrlHouse _house = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_running);
        _stop.Dispose();
        _house.Dispose();
    }

    [Fact]
    public async Task All_authorities_have_a_CRL_after_the_start()
    {
        await StartAsync();
        Assert.Equal(_house.Read("root"), _house.Published.Find("root"));
        Assert.Equal(_house.Read(), _house.Published.Find("issuing"));
    }

    [Fact]
    public async Task A_revocation_is_in_the_CRL_after_the_delay_and_a_hundred_of_them_in_one()
    {
        await StartAsync();
        var first = _house.Read();
        for (var i = 0; i < 100; i++) await RevokeAsync();
        await _house.Time.WhenArmedAsync(1, _house.Options.Delay);
        Assert.Equal(first, _house.Read());

        _house.Time.Advance(_house.Options.Delay);
        await _house.Time.WhenArmedAsync(2, Tick);
        Assert.Equal(100, _house.Read().Entries);
        Assert.Equal(2, Count("issuing"));
        Assert.Equal(1, Count("root"));
    }

    [Fact]
    public async Task Whoever_does_not_know_whom_it_concerned_has_only_those_sign_whom_it_did()
    {
        await StartAsync();
        await RevokeAsync(isTold: false);
        _house.Signal.RaiseAll();
        await _house.Time.WhenArmedAsync(2, _house.Options.Delay);
        _house.Time.Advance(_house.Options.Delay);
        await _house.Time.WhenArmedAsync(2, Tick);
        Assert.Equal((2, 1), (Count("issuing"), Count("root")));
        Assert.Equal(1, _house.Read().Entries);
    }

    [Fact]
    public async Task A_stream_of_revocations_does_not_put_the_CRL_off()
    {
        await StartAsync();
        await RevokeAsync();
        await _house.Time.WhenArmedAsync(1, _house.Options.Delay);
        for (var waited = Second; waited < _house.Options.Delay; waited += Second)
        {
            _house.Time.Advance(Second);
            await RevokeAsync();
        }

        _house.Time.Advance(Second);
        await _house.Time.WhenArmedAsync(2, Tick);
        Assert.Equal(5, _house.Read().Entries);
    }

    [Fact]
    public async Task A_revocation_while_a_CRL_is_made_gets_another_one()
    {
        await StartAsync();
        _house.Store.AfterPersisting = (what, authority) =>
        {
            if (what != "reserve" || authority != "issuing") return;
            _house.Store.AfterPersisting = (_, _) => { };
            RevokeAsync().GetAwaiter().GetResult();
        };
        await RevokeAsync();
        await _house.Time.WhenArmedAsync(1, _house.Options.Delay);
        _house.Time.Advance(_house.Options.Delay);
        await _house.Time.WhenArmedAsync(1, _house.Options.Delay);
        Assert.Equal(1, _house.Read().Entries);
        _house.Time.Advance(_house.Options.Delay);
        await _house.Time.WhenArmedAsync(2, Tick);
        Assert.Equal(2, _house.Read().Entries);
    }

    [Fact]
    public async Task A_CRL_is_made_every_hour_without_a_revocation()
    {
        await StartAsync();
        var first = _house.Read();
        await PassAsync(59);
        Assert.Equal(first, _house.Read());
        await PassAsync(1);
        Assert.Equal(first.ThisUpdate.AddHours(1), _house.Read().ThisUpdate);
        Assert.Equal(2, Count("issuing"));
    }

    [Fact]
    public async Task A_machine_that_slept_and_a_file_that_is_gone_are_noticed_within_a_minute()
    {
        await StartAsync();
        _house.Time.StepClock(TimeSpan.FromHours(20));
        await PassAsync(1);
        Assert.True(_house.Read().IsFresh(_house.Time.GetUtcNow()));

        File.Delete(_house.CrlPath);
        await PassAsync(1);
        Assert.Equal(3, Count("issuing"));
        Assert.Equal(_house.Read(), _house.Published.Find("issuing"));
    }

    [Fact]
    public async Task One_authority_that_fails_does_not_stop_the_others_and_is_tried_again()
    {
        _house.Store.BeforePersisting = (_, authority) =>
        {
            if (authority == "issuing") throw new StorageUnavailableException("locked");
        };
        _running = _house.Schedule.RunAsync(_stop.Token);
        foreach (var seconds in (int[])[1, 2, 4, 8, 15, 15])
        {
            await _house.Time.WhenArmedAsync(1, TimeSpan.FromSeconds(seconds));
            Assert.Null(_house.Published.Find("issuing"));
            _house.Time.Advance(TimeSpan.FromSeconds(seconds));
        }

        await _house.Time.WhenArmedAsync(1, TimeSpan.FromSeconds(15));
        await _house.Time.WhenArmedAsync(1, Tick); // The root's, which may be slower than all the tries of the other.
        Assert.Equal(1, Count("root"));
        _house.Store.BeforePersisting = (_, _) => { };
        _house.Time.Advance(TimeSpan.FromSeconds(15));
        await _house.Time.WhenArmedAsync(2, Tick);
        Assert.Equal(_house.Read(), _house.Published.Find("issuing"));
    }

    [Fact]
    public async Task A_revocation_whose_signal_got_lost_is_in_the_CRL_at_the_next_look()
    {
        await StartAsync();
        await RevokeAsync(isTold: false);
        _house.Time.Advance(Tick);
        await _house.Time.WhenArmedAsync(2, Tick);
        Assert.Equal(1, _house.Read().Entries);
        Assert.Equal(2, Count("issuing"));
    }

    [Fact]
    public async Task What_a_kill_has_kept_from_the_CRL_is_in_it_after_the_start()
    {
        await _house.PublishAsync();
        await RevokeAsync();
        _house.Signal.Clear(new CrlScope("issuing"));
        _house.Restart();
        await StartAsync();
        Assert.Equal(1, _house.Read().Entries);
    }

    [Fact]
    public async Task A_defect_ends_the_schedule_instead_of_stopping_one_authority_silently()
    {
        _house.Store.BeforePersisting = (_, authority) =>
        {
            if (authority == "issuing") throw new InvalidOperationException("a defect");
        };
        _running = _house.Schedule.RunAsync(_stop.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _running);

        // The other authority still writes its first CRL; the folder stays until that is done.
        await _house.Time.WhenArmedAsync(1, Tick);
    }

    private int Count(string authority) => _house.Store.Crls.Count(crl => crl.Reserved.Authority == authority);

    private async Task StartAsync()
    {
        _running = _house.Schedule.RunAsync(_stop.Token);
        await _house.Time.WhenArmedAsync(2, Tick);
    }

    private async Task PassAsync(int minutes)
    {
        for (var i = 0; i < 3 * minutes; i++)
        {
            _house.Time.Advance(Tick);
            await _house.Time.WhenArmedAsync(2, Tick);
        }
    }

    private async Task RevokeAsync(bool isTold = true)
    {
        var row = CertificateRows.NewRow();
        _house.Store.Add(row);
        await _house.Store.RevokeAsync(
            row.SerialNumber, RevocationReason.Superseded, "alice", _house.Time.GetUtcNow(), CancellationToken.None);
        if (isTold) _house.Signal.Raise("issuing");
    }
}
