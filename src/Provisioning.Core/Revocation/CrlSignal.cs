using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Tells the schedule that a CRL is out of date. Raised after the revocation is durable; a signal that a crash loses is
/// made up for by the CRL that every start makes.
/// </summary>
public sealed class CrlSignal
{
    private readonly ConcurrentDictionary<CrlScope, Waker> _raised = [];

    /// <summary>
    /// Asks for a new CRL. Any number of calls until it is made are one. Each shard looks for itself whether it is concerned: what is
    /// on record says so exactly, also of what other nodes did. The CRL without shards is made in any case, which also shows whether the
    /// key works.
    /// </summary>
    /// <param name="authority">The name of the authority that issued the certificate.</param>
    public void Raise(string authority)
    {
        // The CRL without shards is always there, also before anybody waits for it.
        _ = Of(new CrlScope(authority));
        foreach (var (scope, waker) in _raised)
            if (scope.Authority == authority) waker.Demand();
    }

    /// <summary>Has each CRL of every authority looked at, and made if it lacks something: for whoever does not know what was concerned.</summary>
    public void RaiseAll()
    {
        foreach (var waker in _raised.Values) waker.Wake();
    }

    /// <summary>Takes the signal back: what is read from now on has everything that it was raised for.</summary>
    /// <param name="scope">For which shard.</param>
    /// <returns>A CRL of its authority was asked for, and not only a look.</returns>
    internal bool Clear(CrlScope scope) => Of(scope).Clear();

    /// <summary>Waits for the signal without taking it back.</summary>
    /// <param name="scope">For which shard.</param>
    /// <param name="patience">How long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>False when it was not raised in that time.</returns>
    internal async Task<bool> WaitAsync(CrlScope scope, TimeSpan patience, TimeProvider time, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            return await Of(scope).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time is up, which is no failure.
            return false;
        }
    }

    private Waker Of(CrlScope scope) => _raised.GetOrAdd(scope, static _ => new Waker());

    private sealed class Waker
    {
        private readonly Channel<bool> _woken = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private int _demands;

        internal void Demand()
        {
            Interlocked.Exchange(ref _demands, 1);
            Wake();
        }

        internal void Wake() => _ = _woken.Writer.TryWrite(true);

        internal ValueTask<bool> WaitAsync(CancellationToken ct) => _woken.Reader.WaitToReadAsync(ct);

        // In this order: a demand that comes in between is taken now, and wakes once more for nothing.
        internal bool Clear()
        {
            _ = _woken.Reader.TryRead(out _);
            return Interlocked.Exchange(ref _demands, 0) != 0;
        }
    }
}
