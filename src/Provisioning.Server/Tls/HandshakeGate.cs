using System.Diagnostics.Metrics;
using Provisioning.Server.Limits;

namespace Provisioning.Server.Tls;

/// <summary>
/// Lets as many handshakes compute at once as there are processors. When a fleet comes back in one moment, ten thousand handshakes that share
/// them would all take longer than anybody waits, and all of that work would be lost. Who waits for the network holds no place; whom work
/// was done for already goes first, nearly always; and who has not begun after a while is let go, to come back later. Addresses take turns. When as many come
/// before it as can be done in most of that while, who comes is let go at once, before anything is made for it.
/// </summary>
internal sealed class HandshakeGate : IDisposable
{
    // A crowd of so many is not worth a look: whatever the pace, they wait. And the pace is that of the last so many.
    private const int AlwaysWait = 64;
    private const int PaceOver = 64;

    // Of those that have begun, so many go before one that has not: else who has collected some thousand of them would keep everybody else out.
    private const int MostBegunInARow = 4;

    // What is left of the patience is for whoever is surprised by what comes before it.
    private const double PartOfPatience = 2.0 / 3;

    private readonly Meter _meter = new("Provisioning.Server");
    private readonly Lock _change = new();
    private readonly HandshakeLines _begun = new();
    private readonly HandshakeLines _new = new();
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly Counter<long> _shed;
    private int _free;
    private int _begunInARow;

    // When the last one began that had waited, while others still do; and how long it takes from one to the next.
    private long? _lastBegan;
    private TimeSpan _pace;

    /// <summary>Opens it.</summary>
    /// <param name="places">How many compute at once.</param>
    /// <param name="patience">How long one waits that has not begun; less than a handshake may take in all.</param>
    /// <param name="time">The clock.</param>
    internal HandshakeGate(int places, TimeSpan patience, TimeProvider time)
    {
        (_free, _patience, _time) = (places, patience, time);
        _shed = _meter.CreateCounter<long>(
            "provisioning.handshakes.shed", description: "Connections closed because more wanted a handshake than the processors can do in time.");
        _meter.CreateObservableGauge(
            "provisioning.handshakes.waiting", () => Waiting, description: "Handshakes that wait for a processor.");
    }

    /// <summary>How many wait for a place, without those who have given up.</summary>
    internal int Waiting
    {
        get
        {
            lock (_change) return _begun.Count + _new.Count;
        }
    }

    /// <summary>Whether a connection that has just come has a chance.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <returns>False when so many wait that it would be let go later: it is counted, and should be closed.</returns>
    internal bool IsOpen(CallerAddress address)
    {
        lock (_change)
        {
            if (_new.Count < AlwaysWait || _new.CountBefore(address) * _pace <= _patience * PartOfPatience) return true;
        }

        _shed.Add(1);
        return false;
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="address">Where the connection comes from.</param>
    /// <param name="hasBegun">Work was done for it already.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>True with a place, to be given back with <see cref="Leave"/>; false when it has waited too long.</returns>
    /// <exception cref="OperationCanceledException">It was given up; it has no place.</exception>
    internal ValueTask<bool> EnterAsync(CallerAddress address, bool hasBegun, CancellationToken ct)
    {
        if (ct.IsCancellationRequested) return ValueTask.FromCanceled<bool>(ct);
        var lines = hasBegun ? _begun : _new;
        HandshakeLines.Waiter waiter;
        lock (_change)
        {
            if (_free > 0)
            {
                _free--;
                return ValueTask.FromResult(true);
            }

            lines.Add(waiter = new HandshakeLines.Waiter(address, _time.GetTimestamp()));
        }

        return new ValueTask<bool>(WaitAsync(lines, waiter, ct));
    }

    /// <summary>Gives a place back.</summary>
    internal void Leave()
    {
        lock (_change)
        {
            if ((_begunInARow < MostBegunInARow && TryGiveToBegun()) || TryGiveToNew() || TryGiveToBegun()) return;
            _lastBegan = null;
            _free++;
        }
    }

    private bool TryGiveToBegun()
    {
        if (_begun.Next is not { } begun) return false;
        _begunInARow++;
        _begun.Take(begun);
        begun.SetResult(true);
        return true;
    }

    private bool TryGiveToNew()
    {
        _begunInARow = 0;
        var now = _time.GetTimestamp();
        while (_new.Next is { } next)
        {
            if (_time.GetElapsedTime(next.Since, now) <= _patience)
            {
                _new.Take(next);
                next.SetResult(true);
                Measure(now);
                return true;
            }

            // Its address has not had its turn with that.
            _new.Remove(next);
            next.SetResult(false);
            _shed.Add(1);
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    // Only from one to the next while some wait: else it would be the pace at which they come.
    private void Measure(long now)
    {
        if (_lastBegan is { } last)
        {
            var took = _time.GetElapsedTime(last, now);
            _pace = _pace == TimeSpan.Zero ? took : _pace + ((took - _pace) / PaceOver);
        }

        _lastBegan = now;
    }

    private async Task<bool> WaitAsync(HandshakeLines lines, HandshakeLines.Waiter waiter, CancellationToken ct)
    {
        // Whoever is told first, the place or the end, decides.
        await using var registration = ct.Register(() => GiveUp(lines, waiter));
        return await waiter.Task;
    }

    private void GiveUp(HandshakeLines lines, HandshakeLines.Waiter waiter)
    {
        lock (_change)
            if (lines.Remove(waiter)) waiter.SetCanceled();
    }
}
