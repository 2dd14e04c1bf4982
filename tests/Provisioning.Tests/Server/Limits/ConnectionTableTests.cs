using System.Net;
using Microsoft.AspNetCore.Connections;
using Provisioning.Server.Limits;

namespace Provisioning.Tests.Server.Limits;

/// <summary>Who has the places of a listener when there are too few of them, and that none is ever lost.</summary>
public sealed class ConnectionTableTests
{
    private const string Stranger = "192.0.2.1";
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly List<ConnectionTable.Crowded> _turnedAway = [];

    [Fact]
    public void One_address_may_have_all_places_and_no_more()
    {
        var table = Table(8);
        for (var i = 0; i < 8; i++) Assert.NotNull(Come(table, Stranger));
        Assert.Null(Come(table, Stranger));
        Assert.Equal([ConnectionTable.Crowded.Full], _turnedAway);
        Assert.Equal((8, 8), (table.Count, table.Heaviest.Count));
    }

    [Fact]
    public void Whoever_comes_when_all_are_taken_gets_a_place_of_the_address_that_holds_most()
    {
        var table = Table(9);
        var strangers = Enumerable.Range(0, 9).Select(_ => Come(table, Stranger)!).ToList();
        var others = Enumerable.Range(0, 4).Select(_ => Come(table, "192.0.2.2")).ToList();
        Assert.DoesNotContain(null, others);
        Assert.Equal(5, strangers.Count(HasPlace));

        // Now one address has as much as the other, but for one place that would only go to and fro.
        Assert.Null(Come(table, "192.0.2.2"));
        Assert.Null(Come(table, Stranger));

        // And a third one has its share of both.
        for (var i = 0; i < 3; i++) Assert.NotNull(Come(table, "192.0.2.3"));
        Assert.Null(Come(table, "192.0.2.3"));
        Assert.Equal((3, 3, 9), (strangers.Count(HasPlace), others.Count(one => HasPlace(one!)), table.Count));
    }

    [Fact]
    public void Nobody_is_refused_while_another_address_holds_two_more()
    {
        const int places = 100;
        var table = Table(places);
        var held = new List<HeldConnection>();
        var random = new Random(136);
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            held.RemoveAll(one => !HasPlace(one));
            if (random.Next(4) == 0 && held.Count > 0) table.Release(held[random.Next(held.Count)]);
            held.RemoveAll(one => !HasPlace(one));
            var counts = held.CountBy(one => one.Address).ToDictionary();
            Assert.Equal(held.Count, table.Count);
            Assert.Equal(held.Count == 0 ? 0 : counts.Values.Max(), table.Heaviest.Count);

            // Squared, so that some addresses come much more often than others.
            var address = "198.51.100." + (random.Next(20) * random.Next(12));
            var own = counts.GetValueOrDefault(CallerAddress.Of(IPAddress.Parse(address)));
            if (Come(table, address) is { } one)
            {
                one.Speak();
                held.Add(one);
            }
            else
            {
                refused++;
                Assert.Equal(places, held.Count);
                Assert.True(counts.Values.Max() <= own + 1);
            }
        }

        Assert.InRange(refused, 1, 20_000);
    }

    [Fact]
    public void Who_has_said_nothing_for_a_second_gives_way_to_anybody_and_who_has_does_not()
    {
        var table = Table(3);
        var (first, second, third) = (Come(table, Stranger)!, Come(table, Stranger)!, Come(table, Stranger)!);
        first.Speak();
        _time.Advance(ConnectionTable.Silence - TimeSpan.FromTicks(1));
        Assert.Null(Come(table, Stranger));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(Come(table, Stranger));
        Assert.Equal((true, false, true), (HasPlace(first), HasPlace(second), HasPlace(third)));
        third.Speak();
        Assert.Null(Come(table, Stranger));
        Assert.Equal([ConnectionTable.Crowded.Full, ConnectionTable.Crowded.Silent, ConnectionTable.Crowded.Full], _turnedAway);
    }

    [Fact]
    public void A_site_with_many_networks_of_IPv6_has_the_share_of_one_and_its_addresses_share_that()
    {
        var table = Table(8);
        var site = Enumerable.Range(0, 8).Select(i => Come(table, $"2001:db8:7:{i:x}::1")!).ToList();
        for (var i = 0; i < 4; i++) Assert.NotNull(Come(table, Stranger));
        Assert.Null(Come(table, Stranger));
        Assert.Equal(4, site.Count(HasPlace));

        // All of the same /64 are one.
        foreach (var one in site.Where(HasPlace).Skip(1)) table.Release(one);
        for (var i = 0; i < 3; i++) Assert.NotNull(Come(table, $"2001:db8:7:ff::{i + 1:x}"));
        Assert.Null(Come(table, "2001:db8:7:ff::9"));
        Assert.NotNull(Come(table, "2001:db8:7:fe::1"));
        Assert.Equal(("2001:db8:7::/48", 4), (table.Heaviest.Site.ToString(), table.Heaviest.Count));
        Assert.Equal("2001:db8:7:ff::/64", CallerAddress.Of(IPAddress.Parse("2001:db8:7:ff::9")).ToString());
    }

    [Fact]
    public void An_IPv4_address_is_the_same_one_at_a_listener_for_both()
    {
        Assert.Equal(CallerAddress.Of(IPAddress.Parse(Stranger)), CallerAddress.Of(IPAddress.Parse("::ffff:" + Stranger)));
        Assert.Equal(Stranger, CallerAddress.Of(IPAddress.Parse(Stranger)).ToString());
        Assert.Equal("", CallerAddress.Of((EndPoint?)null).ToString());
    }

    [Fact]
    public async Task Whose_request_is_served_keeps_its_place_before_those_that_ask_nothing()
    {
        var table = Table(3);
        var (first, second, third) = (Come(table, Stranger)!, Come(table, Stranger)!, Come(table, Stranger)!);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionItemsFeature>(new Connection(Stranger) { Items = { [typeof(HeldConnection)] = first } });
        await HeldConnection.ServeAsync(context, _ =>
        {
            Assert.NotNull(Come(table, "192.0.2.2"));
            return Task.CompletedTask;
        });
        Assert.Equal((true, true, false), (HasPlace(first), HasPlace(second), HasPlace(third)));
        Assert.NotNull(Come(table, "192.0.2.3"));
        Assert.Equal((true, false), (HasPlace(first), HasPlace(second)));
    }

    [Fact]
    public async Task Who_waits_ten_seconds_for_its_next_request_gives_way_and_whose_request_is_served_does_not()
    {
        var table = Table(3);
        var (served, idle, later) = (Come(table, "192.0.2.1")!, Come(table, "192.0.2.2")!, Come(table, "192.0.2.3")!);
        foreach (var one in new[] { served, idle, later }) one.Speak();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionItemsFeature>(new Connection(Stranger) { Items = { [typeof(HeldConnection)] = served } });
        await HeldConnection.ServeAsync(context, _ =>
        {
            _time.Advance(ConnectionTable.Idleness - TimeSpan.FromTicks(1));
            Assert.Null(Come(table, "192.0.2.4"));
            _time.Advance(TimeSpan.FromTicks(1));
            Assert.NotNull(Come(table, "192.0.2.4"));
            Assert.NotNull(Come(table, "192.0.2.5"));
            Assert.Null(Come(table, "192.0.2.6"));
            return Task.CompletedTask;
        });
        Assert.Equal((true, false, false), (HasPlace(served), HasPlace(idle), HasPlace(later)));
        Assert.Equal(
            [ConnectionTable.Crowded.Full, ConnectionTable.Crowded.Idle, ConnectionTable.Crowded.Idle, ConnectionTable.Crowded.Full], _turnedAway);
    }

    [Fact]
    public void Who_holds_much_takes_nothing_from_a_slow_one_that_holds_less()
    {
        var table = Table(3);
        foreach (var one in new[] { Come(table, Stranger)!, Come(table, Stranger)! }) one.Speak();
        var slow = Come(table, "192.0.2.2")!;
        _time.Advance(ConnectionTable.Silence);
        Assert.Null(Come(table, Stranger));
        Assert.True(HasPlace(slow));
        Assert.NotNull(Come(table, "192.0.2.3"));
        Assert.False(HasPlace(slow));
    }

    [Fact]
    public async Task No_place_is_lost_or_doubled_however_many_come_at_once()
    {
        const int places = 16;
        var table = new ConnectionTable(places, TimeProvider.System, _ => { });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            var mine = new Queue<HeldConnection>();
            for (var i = 0; i < 5000; i++)
            {
                if (Come(table, "192.0.2." + random.Next(5)) is { } one) mine.Enqueue(one);
                if (mine.Count > 0 && random.Next(2) == 0) mine.Peek().Speak();
                if (mine.Count > random.Next(8)) table.Release(mine.Dequeue());
                Assert.InRange(table.Count, 0, places);
            }

            while (mine.TryDequeue(out var left)) table.Release(left);
        })));
        Assert.Equal((0, default), (table.Count, table.Heaviest));
    }

    private ConnectionTable Table(int places) => new(places, _time, _ => { });

    private HeldConnection? Come(ConnectionTable table, string address)
    {
        var (held, gone, why) = table.TryHold(new Connection(address));
        lock (_turnedAway)
            if (gone is not null || held is null) _turnedAway.Add(why);
        return held;
    }

    private static bool HasPlace(HeldConnection held) => held.Place.List is not null;

    private sealed class Connection : DefaultConnectionContext
    {
        internal Connection(string address) => RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 50_000);

        public override void Abort(ConnectionAbortedException abortReason)
        {
        }
    }
}
