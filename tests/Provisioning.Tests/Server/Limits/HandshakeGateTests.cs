using Provisioning.Server.Tls;

namespace Provisioning.Tests.Server.Limits;

/// <summary>Who computes first when many handshakes come at once, and that no place is ever lost.</summary>
public sealed class HandshakeGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whom_work_was_done_for_goes_before_those_who_begin_and_they_in_their_order()
    {
        using var gate = new HandshakeGate(1, Patience, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        Assert.True(await gate.EnterAsync(hasBegun: false, Ct));
        var order = new List<string>();
        var all = new[] { EnterAsync("first", false), EnterAsync("second", false), EnterAsync("begun", true) };
        gate.Leave();
        await Task.WhenAll(all);
        Assert.Equal(["begun", "first", "second"], order);

        async Task EnterAsync(string name, bool hasBegun)
        {
            Assert.True(await gate.EnterAsync(hasBegun, Ct));
            order.Add(name);
            gate.Leave();
        }
    }

    [Fact]
    public async Task Who_has_waited_too_long_without_beginning_is_let_go_and_who_has_begun_is_not()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        Assert.True(await gate.EnterAsync(hasBegun: false, Ct));
        var old = gate.EnterAsync(hasBegun: false, Ct).AsTask();
        var begun = gate.EnterAsync(hasBegun: true, Ct).AsTask();
        time.Advance(Patience + TimeSpan.FromMilliseconds(1));
        var young = gate.EnterAsync(hasBegun: false, Ct).AsTask();
        gate.Leave();
        Assert.True(await begun);
        Assert.False(old.IsCompleted);
        gate.Leave();
        Assert.False(await old);
        Assert.True(await young);
    }

    [Fact]
    public async Task No_place_is_lost_or_doubled_whoever_gives_up()
    {
        const int Places = 3;
        using var gate = new HandshakeGate(Places, Patience, TimeProvider.System);
        var (inside, most, entered) = (0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (var round = 0; round < 200; round++)
            {
                using var impatience = new CancellationTokenSource();
                var entering = gate.EnterAsync(random.Next(2) == 0, impatience.Token);
                if (random.Next(3) == 0) await impatience.CancelAsync();
                try
                {
                    Assert.True(await entering);
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                var now = Interlocked.Increment(ref inside);
                for (var known = Volatile.Read(ref most); now > known; known = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, now, known);
                Interlocked.Increment(ref entered);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                gate.Leave();
            }
        })));

        Assert.InRange(most, 1, Places);
        Assert.True(entered > 64 * 100);
        for (var place = 0; place < Places; place++) Assert.True(await gate.EnterAsync(hasBegun: false, Ct));
        Assert.False(gate.EnterAsync(hasBegun: false, Ct).AsTask().IsCompleted);
    }
}
