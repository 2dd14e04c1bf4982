using Microsoft.AspNetCore.Connections;

namespace Provisioning.Server.Limits;

/// <summary>
/// The places of a listener, and who has them. Anybody may have all of them, as a fleet behind one address may need, until they are all
/// taken. Then whoever comes gets the place of one that has said nothing for a second, or has waited for a request for ten, of a site that holds
/// no less than its own; else one of the address that holds most, if that is more than its own holds. So a stranger with one address shuts out
/// nobody with another one, however many connections it opens.
/// </summary>
internal sealed class ConnectionTable
{
    /// <summary>Whose connection says nothing for so long gives way to anybody. A client begins as soon as it is connected.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    /// <summary>Whose connection waits for the next request for so long gives way, too.</summary>
    internal static readonly TimeSpan Idleness = TimeSpan.FromSeconds(10);

    // Nobody looks longer for one that does nothing.
    private const int LookAt = 64;

    private readonly Lock _change = new();
    private readonly LinkedList<HeldConnection> _silent = new();
    private readonly LinkedList<HeldConnection> _idle = new();
    private readonly ConnectionShares _shares = new();
    private readonly int _places;
    private readonly TimeProvider _time;
    private readonly Action<Crowded> _turnedAway;

    /// <summary>Makes an empty one.</summary>
    /// <param name="places">How many connections there may be.</param>
    /// <param name="time">The clock.</param>
    /// <param name="turnedAway">Told of each connection that does not get a place, or loses it; called by several threads at once.</param>
    internal ConnectionTable(int places, TimeProvider time, Action<Crowded> turnedAway) =>
        (_places, _time, _turnedAway) = (places, time, turnedAway);

    /// <summary>Why a connection was closed.</summary>
    internal enum Crowded
    {
        /// <summary>All places are taken, and its address holds its share: it got none.</summary>
        Full,

        /// <summary>It had said nothing, and another one came.</summary>
        Silent,

        /// <summary>It was waiting for the next request, and another one came.</summary>
        Idle,

        /// <summary>Its address held most, and one came from an address that holds less.</summary>
        Share,
    }

    /// <summary>How many places are taken.</summary>
    internal int Count
    {
        get
        {
            lock (_change) return _shares.Count;
        }
    }

    /// <summary>The site that holds most, and how many; nobody and none when all are free.</summary>
    internal (CallerAddress Site, int Count) Heaviest
    {
        get
        {
            lock (_change) return _shares.Heaviest;
        }
    }

    /// <summary>Makes the connections of a listener take places here.</summary>
    internal ConnectionDelegate Hold(ConnectionDelegate next) => async connection =>
    {
        var (held, gone, why) = TryHold(connection);
        try
        {
            gone?.End();
            if (gone is not null || held is null) _turnedAway(why);
            if (held is null)
            {
                connection.Abort(new ConnectionAbortedException("All places are taken."));
                return;
            }

            connection.Items[typeof(HeldConnection)] = held;
            await next(connection);
        }
        finally
        {
            if (held is not null) Release(held);
        }
    };

    /// <summary>Takes a place, and where there is none, perhaps that of another connection.</summary>
    /// <returns>
    /// The connection with its place, to be given back with <see cref="Release"/>, or null without one; whose place it has, to be ended, or null; and
    /// why that one, or this one, is turned away.
    /// </returns>
    internal (HeldConnection? Held, HeldConnection? Gone, Crowded Why) TryHold(ConnectionContext connection)
    {
        var held = new HeldConnection(this, connection, CallerAddress.Of(connection.RemoteEndPoint), _time.GetTimestamp());
        HeldConnection? gone = null;
        var why = Crowded.Full;
        lock (_change)
        {
            if (_shares.Count >= _places) (gone, why) = FindWhoGivesWay(held);
            if (gone is not null) Remove(gone);
            if (_shares.Count >= _places) return (null, null, why);
            _shares.Add(held);
            _silent.AddLast(held.Waiting);
            return (held, gone, why);
        }
    }

    /// <summary>Gives a place back, if it was not lost meanwhile.</summary>
    internal void Release(HeldConnection held)
    {
        lock (_change) Remove(held);
    }

    /// <summary>A connection waits for its next request from now on, its first one included.</summary>
    internal void Rest(HeldConnection held)
    {
        lock (_change)
        {
            if (held.Place.List is null) return;
            held.Waiting.List?.Remove(held.Waiting);
            held.Since = _time.GetTimestamp();
            _idle.AddLast(held.Waiting);
        }
    }

    /// <summary>A request of a connection is served from now on.</summary>
    internal void Work(HeldConnection held)
    {
        lock (_change) held.Waiting.List?.Remove(held.Waiting);
    }

    private (HeldConnection? Gone, Crowded Why) FindWhoGivesWay(HeldConnection comes)
    {
        if (FindWaiting(_silent, Silence, comes) is { } silent) return (silent, Crowded.Silent);
        if (FindWaiting(_idle, Idleness, comes) is { } idle) return (idle, Crowded.Idle);
        return _shares.FindWhoGivesWay(comes.Address) is { } heavy ? (heavy, Crowded.Share) : (null, Crowded.Full);
    }

    // One that has waited for so long. But a site that holds much takes nothing from one that holds less, whose devices may be slow.
    private HeldConnection? FindWaiting(LinkedList<HeldConnection> waiting, TimeSpan length, HeldConnection comes)
    {
        var (own, one) = (_shares.CountOf(comes.Address.Site), waiting.First);
        for (var looked = 0; one is not null && looked < LookAt; looked++, one = one.Next)
        {
            if (_time.GetElapsedTime(one.Value.Since, comes.Since) < length) return null;
            if (_shares.CountOf(one.Value.Address.Site) >= own) return one.Value;
        }

        return null;
    }

    private void Remove(HeldConnection held)
    {
        if (held.Place.List is null) return;
        _shares.Remove(held);
        held.Waiting.List?.Remove(held.Waiting);
    }
}
