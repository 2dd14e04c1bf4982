using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Tells the schedule that a CRL is out of date. Raised after the revocation is durable; a signal that a crash loses is
/// made up for by the CRL that every start makes.
/// </summary>
public sealed class CrlSignal
{
    private readonly ConcurrentDictionary<CrlScope, Channel<bool>> _raised = [];

    /// <summary>
    /// Asks for a new CRL. Any number of calls until it is made are one. Each shard looks for itself whether it is concerned: what is
    /// on record says so exactly, also of what other nodes did.
    /// </summary>
    /// <param name="authority">The name of the authority that issued the certificate.</param>
    public void Raise(string authority)
    {
        // The CRL without shards is always there, also before anybody waits for it.
        _ = Of(new CrlScope(authority));
        foreach (var (scope, channel) in _raised)
            if (scope.Authority == authority) _ = channel.Writer.TryWrite(true);
    }

    /// <summary>Asks for new CRLs of every authority: for whoever does not know whose certificates were concerned.</summary>
    public void RaiseAll()
    {
        foreach (var channel in _raised.Values) _ = channel.Writer.TryWrite(true);
    }

    /// <summary>Takes the signal back: what is read from now on has everything that it was raised for.</summary>
    /// <param name="scope">For which shard.</param>
    internal void Clear(CrlScope scope) => _ = Of(scope).Reader.TryRead(out _);

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
            return await Of(scope).Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time is up, which is no failure.
            return false;
        }
    }

    private Channel<bool> Of(CrlScope scope) => _raised.GetOrAdd(scope, static _ =>
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }));
}
