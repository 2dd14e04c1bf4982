using Microsoft.AspNetCore.Connections;

namespace Provisioning.Server.Limits;

/// <summary>
/// The places of a listener, and who has them. Anybody may have all of them, as a fleet behind one address may need, until they are all
/// taken. Then whoever comes gets the place of one that has said nothing for a second; else one of the address that holds most, if that is
/// more than its own holds. So a stranger with one address shuts out nobody with another one, however many connections it opens.
/// </summary>
internal sealed class ConnectionTable
{
    /// <summary>Whose connection says nothing for so long gives way to anybody. A client begins as soon as it is connected.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly Lock _change = new();
    private readonly LinkedList<HeldConnection> _silent = new();
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

    /// <summary>The address that holds most, and how many; nobody and none when all are free.</summary>
    internal (CallerAddress Address, int Count) Heaviest
    {
        get
        {
            lock (_change) return _shares.Heaviest;
        }
    }

    /// <summary>Makes the connections of a listener take places here.</summary>
    internal ConnectionDelegate Hold(ConnectionDelegate next) => async connection =>
    {
        if (TryHold(connection) is not { } held)
        {
            connection.Abort(new ConnectionAbortedException("All places are taken."));
            return;
        }

        connection.Items[typeof(HeldConnection)] = held;
        try
        {
            await next(connection);
        }
        finally
        {
            Release(held);
        }
    };

    /// <summary>Takes a place, and where there is none, perhaps that of another connection, which is ended.</summary>
    /// <returns>The connection with its place, to be given back with <see cref="Release"/>; null without one.</returns>
    internal HeldConnection? TryHold(ConnectionContext connection)
    {
        var held = new HeldConnection(this, connection, CallerAddress.Of(connection.RemoteEndPoint), _time.GetTimestamp());
        HeldConnection? gone = null;
        var why = Crowded.Full;
        var hasPlace = true;
        lock (_change)
        {
            if (_shares.Count >= _places) (gone, why) = FindWhoGivesWay(held);
            if (gone is not null) Remove(gone);
            hasPlace = _shares.Count < _places;
            if (hasPlace)
            {
                _shares.Add(held);
                _silent.AddLast(held.Silent);
            }
        }

        gone?.End();
        if (gone is not null || !hasPlace) _turnedAway(why);
        return hasPlace ? held : null;
    }

    /// <summary>Gives a place back, if it was not lost meanwhile.</summary>
    internal void Release(HeldConnection held)
    {
        lock (_change) Remove(held);
    }

    /// <summary>A connection has said something.</summary>
    internal void Hear(HeldConnection held)
    {
        lock (_change)
            if (held.Silent.List is not null) _silent.Remove(held.Silent);
    }

    private (HeldConnection? Gone, Crowded Why) FindWhoGivesWay(HeldConnection comes)
    {
        if (_silent.First?.Value is { } oldest && _time.GetElapsedTime(oldest.Since, comes.Since) >= Silence) return (oldest, Crowded.Silent);
        return _shares.FindWhoGivesWay(comes.Address) is { } heavy ? (heavy, Crowded.Share) : (null, Crowded.Full);
    }

    private void Remove(HeldConnection held)
    {
        if (held.Place.List is null) return;
        _shares.Remove(held);
        if (held.Silent.List is not null) _silent.Remove(held.Silent);
    }
}
