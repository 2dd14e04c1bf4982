using Provisioning.Server.Limits;

namespace Provisioning.Server.Tls;

/// <summary>
/// Handshakes that wait for a processor, a line for each site (<see cref="CallerAddress.Site"/>): it is the turn of one after the other, and in a line
/// that of who came first. So one site, however many it sends, keeps the others waiting for one of its own at a time. Not for several threads at once.
/// </summary>
internal sealed class HandshakeLines
{
    private readonly Dictionary<CallerAddress, Line> _lines = [];
    private readonly LinkedList<Line> _turns = new();

    /// <summary>How many wait.</summary>
    internal int Count { get; private set; }

    /// <summary>Whose turn it is; null when nobody waits.</summary>
    internal Waiter? Next => _turns.First?.Value.Waiters.First!.Value;

    /// <summary>How many would come before one more of an address, at most.</summary>
    internal int CountBefore(CallerAddress address)
    {
        var own = _lines.TryGetValue(address.Site, out var line) ? line.Waiters.Count : 0;
        var lines = _lines.Count + (own == 0 ? 1 : 0);
        return (int)Math.Min(Count, ((own + 1L) * lines) - 1);
    }

    internal void Add(Waiter waiter)
    {
        if (!_lines.TryGetValue(waiter.Site, out var line))
        {
            _lines.Add(waiter.Site, line = new Line());
            _turns.AddLast(line.Turn);
        }

        line.Waiters.AddLast(waiter.Place);
        Count++;
    }

    /// <summary>Takes one out, whose turn was not used: the next one of its line has it.</summary>
    /// <returns>False when it was out already.</returns>
    internal bool Remove(Waiter waiter)
    {
        if (waiter.Place.List is null) return false;
        var line = _lines[waiter.Site];
        line.Waiters.Remove(waiter.Place);
        Count--;
        if (line.Waiters.Count > 0) return true;
        _lines.Remove(waiter.Site);
        _turns.Remove(line.Turn);
        return true;
    }

    /// <summary>Takes the one out whose turn it is, and goes on to the next line.</summary>
    internal void Take(Waiter next)
    {
        var line = _lines[next.Site];
        Remove(next);
        if (line.Turn.List is null) return;
        _turns.Remove(line.Turn);
        _turns.AddLast(line.Turn);
    }

    /// <summary>One that waits: it is told true when it has a place, and false when it has waited too long.</summary>
    internal sealed class Waiter : TaskCompletionSource<bool>
    {
        internal Waiter(CallerAddress address, long since)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            (Site, Since) = (address.Site, since);
            Place = new LinkedListNode<Waiter>(this);
        }

        internal CallerAddress Site { get; }

        internal long Since { get; }

        internal LinkedListNode<Waiter> Place { get; }
    }

    private sealed class Line
    {
        internal Line() => Turn = new LinkedListNode<Line>(this);

        internal LinkedListNode<Line> Turn { get; }

        internal LinkedList<Waiter> Waiters { get; } = new();
    }
}
