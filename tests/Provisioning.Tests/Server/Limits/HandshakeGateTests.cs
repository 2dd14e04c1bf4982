using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Provisioning.Server.Limits;
using Provisioning.Server.Tls;

namespace Provisioning.Tests.Server.Limits;

/// <summary>Who computes first when many handshakes come at once, and that no place is ever lost.</summary>
public sealed class HandshakeGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly CallerAddress Line = CallerAddress.Of(IPAddress.Parse("192.0.2.1"));
    private static readonly CallerAddress Other = CallerAddress.Of(IPAddress.Parse("192.0.2.2"));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whom_work_was_done_for_goes_before_those_who_begin_and_they_in_their_order()
    {
        using var gate = new HandshakeGate(1, Patience, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var order = new List<string>();
        var all = new[] { EnterAsync("first", false), EnterAsync("second", false), EnterAsync("begun", true) };
        gate.Leave();
        await Task.WhenAll(all);
        Assert.Equal(["begun", "first", "second"], order);

        async Task EnterAsync(string name, bool hasBegun)
        {
            Assert.True(await gate.EnterAsync(Line, hasBegun, Ct));
            order.Add(name);
            gate.Leave();
        }
    }

    [Fact]
    public async Task Who_has_collected_begun_handshakes_keeps_nobody_out()
    {
        using var gate = new HandshakeGate(1, Patience, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var begun = Enumerable.Range(0, 50).Select(_ => gate.EnterAsync(Line, hasBegun: true, Ct).AsTask()).ToList();
        var others = Enumerable.Range(0, 3).Select(_ => gate.EnterAsync(Other, hasBegun: false, Ct).AsTask()).ToList();
        for (var i = 0; i < 15; i++) gate.Leave();
        Assert.All(await Task.WhenAll(others), Assert.True);
        Assert.All(await Task.WhenAll(begun.Take(12)), Assert.True);
        Assert.False(begun[12].IsCompleted);
        for (var i = 0; i < 50 - 12; i++) gate.Leave();
        Assert.All(await Task.WhenAll(begun), Assert.True);
    }

    [Fact]
    public async Task All_networks_of_a_site_are_one_line()
    {
        using var gate = new HandshakeGate(1, Patience, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var site = Enumerable.Range(0, 20)
            .Select(i => gate.EnterAsync(CallerAddress.Of(IPAddress.Parse($"2001:db8:7:{i:x}::1")), hasBegun: false, Ct).AsTask()).ToList();
        var other = gate.EnterAsync(Other, hasBegun: false, Ct).AsTask();
        gate.Leave();
        gate.Leave();
        Assert.True(await other);
        Assert.True(await site[0]);
        Assert.False(site[1].IsCompleted);
    }

    [Fact]
    public async Task Who_has_waited_too_long_without_beginning_is_let_go_and_who_has_begun_is_not()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var old = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
        var begun = gate.EnterAsync(Line, hasBegun: true, Ct).AsTask();
        time.Advance(Patience + TimeSpan.FromMilliseconds(1));
        var young = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
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
                var entering = gate.EnterAsync(random.Next(3) == 0 ? Line : Other, random.Next(2) == 0, impatience.Token);
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
        for (var place = 0; place < Places; place++) Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        Assert.False(gate.EnterAsync(Line, hasBegun: false, Ct).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Who_comes_when_as_many_wait_as_can_be_done_in_time_is_let_go_at_once()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var waiting = new Queue<Task<bool>>();
        for (var i = 0; i < 150; i++)
        {
            // Nothing is known of the pace yet.
            Assert.True(gate.IsOpen(Line));
            waiting.Enqueue(gate.EnterAsync(Line, hasBegun: false, Ct).AsTask());
        }

        // 20 ms from one to the next: in two seconds 100 of them.
        for (; waiting.Count > 0; time.Advance(TimeSpan.FromMilliseconds(20)))
        {
            gate.Leave();
            Assert.True(await waiting.Dequeue());
            Assert.Equal(waiting.Count is >= 149 or <= 100, gate.IsOpen(Line));
        }

        gate.Leave();
        Assert.True(gate.IsOpen(Line));
    }

    [Fact]
    public async Task Those_who_give_up_keep_nobody_out()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        using var impatience = new CancellationTokenSource();
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        for (var i = 0; i < 2; i++) _ = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
        var gone = Enumerable.Range(0, 1000).Select(_ => gate.EnterAsync(Line, hasBegun: false, impatience.Token).AsTask()).ToArray();
        gate.Leave();
        time.Advance(TimeSpan.FromMilliseconds(50));
        gate.Leave();
        Assert.False(gate.IsOpen(Line));
        await impatience.CancelAsync();
        Assert.True(gate.IsOpen(Line));
        foreach (var one in gone) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
    }

    [Fact]
    public async Task Addresses_take_turns_and_in_each_goes_first_who_came_first()
    {
        using var gate = new HandshakeGate(1, Patience, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var order = new List<string>();
        var all = new List<Task>();
        for (var i = 0; i < 4; i++) all.Add(EnterAsync(Line, $"flood {i}"));
        for (var i = 0; i < 2; i++) all.Add(EnterAsync(Other, $"other {i}"));
        gate.Leave();
        await Task.WhenAll(all);
        Assert.Equal(["flood 0", "other 0", "flood 1", "other 1", "flood 2", "flood 3"], order);

        async Task EnterAsync(CallerAddress address, string name)
        {
            Assert.True(await gate.EnterAsync(address, hasBegun: false, Ct));
            order.Add(name);
            gate.Leave();
        }
    }

    [Fact]
    public async Task Those_who_are_let_go_do_not_cost_their_address_its_turn()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        var late = Enumerable.Range(0, 3).Select(_ => gate.EnterAsync(Line, hasBegun: false, Ct).AsTask()).ToArray();
        time.Advance(Patience + TimeSpan.FromMilliseconds(1));
        var young = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
        var other = gate.EnterAsync(Other, hasBegun: false, Ct).AsTask();
        gate.Leave();
        foreach (var one in late) Assert.False(await one);
        Assert.True(await young);
        Assert.False(other.IsCompleted);
        gate.Leave();
        Assert.True(await other);
    }

    [Fact]
    public async Task Who_sends_more_than_can_be_done_is_closed_at_the_accept_and_another_address_is_not()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        for (var i = 0; i < 202; i++) _ = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
        gate.Leave();
        time.Advance(TimeSpan.FromMilliseconds(20));
        gate.Leave();

        // 200 wait, and in two seconds come 100: of two addresses 50 each.
        Assert.False(gate.IsOpen(Line));
        for (var i = 0; i < 50; i++)
        {
            Assert.True(gate.IsOpen(Other));
            _ = gate.EnterAsync(Other, hasBegun: false, Ct).AsTask();
        }

        Assert.False(gate.IsOpen(Other));
    }

    [Fact]
    public async Task However_slow_it_goes_a_few_may_always_wait()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        for (var i = 0; i < 66; i++) _ = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
        gate.Leave();
        time.Advance(TimeSpan.FromSeconds(2));
        gate.Leave();
        Assert.False(gate.IsOpen(Line));
        gate.Leave();
        Assert.True(gate.IsOpen(Line));
    }

    [Fact]
    public async Task A_connection_that_has_no_chance_is_closed_before_TLS_and_the_next_one_gets_its_answer()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, Patience, time);
        using var certificate = Cli.TestCertificates.SelfSigned("gate");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Use(next => GatedHandshake.Before(gate, next));
            listen.UseHttps(certificate);
            listen.Use(GatedHandshake.After);
        }));
        await using var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("in"));
        await app.StartAsync(Ct);
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Assert.Equal("in", await AskAsync());

        // All places are taken, and so many wait that it would take five seconds.
        Assert.True(await gate.EnterAsync(Line, hasBegun: false, Ct));
        for (var i = 0; i < 102; i++) _ = gate.EnterAsync(Line, hasBegun: false, Ct).AsTask();
        gate.Leave();
        time.Advance(TimeSpan.FromMilliseconds(50));
        gate.Leave();
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<HttpRequestException>(AskAsync);

        for (var i = 0; i < 101; i++) gate.Leave();
        Assert.Equal("in", await AskAsync());

        async Task<string> AskAsync()
        {
            using var handler = new SocketsHttpHandler
            {
                SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetRawCertData().AsSpan().SequenceEqual(certificate.RawData) },
            };
            using var client = new HttpClient(handler);
            return await client.GetStringAsync(address, Ct);
        }
    }
}
