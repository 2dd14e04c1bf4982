namespace Provisioning.Cli.Api;

/// <summary>Ends an attempt in which nothing moves any more; one that moves may take as long as it likes.</summary>
internal sealed class Pulse(TimeSpan silence, Patience patience, TimeProvider time) : IDisposable
{
    /// <summary>How long nothing may move while much is sent or received.</summary>
    internal static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new(silence, time);
    private TimeSpan _silence = silence;

    /// <summary>Nothing has moved for too long.</summary>
    internal CancellationToken Stopped => _stop.Token;

    /// <summary>Something was sent. Whether it did any good is not known yet.</summary>
    internal void Sent() => _stop.CancelAfter(_silence);

    /// <summary>What was sent must not be cut off: from now on nothing may move for all of --timeout.</summary>
    internal void SentForGood()
    {
        if (patience.Limit > _silence) _silence = patience.Limit;
        Sent();
    }

    /// <summary>The service did what it was asked to, as far as that.</summary>
    internal void Heard()
    {
        _stop.CancelAfter(_silence);
        patience.Renew();
    }

    public void Dispose() => _stop.Dispose();
}
