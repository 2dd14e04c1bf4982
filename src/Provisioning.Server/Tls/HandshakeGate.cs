using System.Diagnostics.Metrics;

namespace Provisioning.Server.Tls;

/// <summary>
/// Lets as many handshakes compute at once as there are processors. When a fleet comes back in one moment, ten thousand handshakes that share
/// them would all take longer than anybody waits, and all of that work would be lost. Who waits for the network holds no place; whom work
/// was done for already goes first; and who has not begun after a while is let go, to come back later.
/// </summary>
internal sealed class HandshakeGate : IDisposable
{
    private readonly Meter _meter = new("Provisioning.Server");
    private readonly Lock _change = new();
    private readonly Queue<Waiter> _begun = new();
    private readonly Queue<Waiter> _new = new();
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly Counter<long> _shed;
    private int _free;

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

    private int Waiting
    {
        get
        {
            lock (_change) return _begun.Count + _new.Count;
        }
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="hasBegun">Work was done for it already.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>True with a place, to be given back with <see cref="Leave"/>; false when it has waited too long.</returns>
    /// <exception cref="OperationCanceledException">It was given up; it has no place.</exception>
    internal ValueTask<bool> EnterAsync(bool hasBegun, CancellationToken ct)
    {
        Waiter waiter;
        lock (_change)
        {
            if (_free > 0)
            {
                _free--;
                return ValueTask.FromResult(true);
            }

            waiter = new Waiter(_time.GetTimestamp());
            (hasBegun ? _begun : _new).Enqueue(waiter);
        }

        return new ValueTask<bool>(WaitAsync(waiter, ct));
    }

    /// <summary>Gives a place back.</summary>
    internal void Leave()
    {
        lock (_change)
        {
            while (_begun.TryDequeue(out var next))
                if (next.TrySetResult(true)) return;
            while (_new.TryDequeue(out var next))
            {
                var isLate = _time.GetElapsedTime(next.Since) > _patience;
                if (!next.TrySetResult(!isLate)) continue;
                if (!isLate) return;
                _shed.Add(1);
            }

            _free++;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static async Task<bool> WaitAsync(Waiter waiter, CancellationToken ct)
    {
        // Whoever is told first, the place or the end, decides.
        await using var registration = ct.Register(static state => ((Waiter)state!).TrySetCanceled(), waiter);
        return await waiter.Task;
    }

    private sealed class Waiter(long since) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal long Since { get; } = since;
    }
}
