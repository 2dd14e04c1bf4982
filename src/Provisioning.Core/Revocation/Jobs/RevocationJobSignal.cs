using System.Threading.Channels;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>Tells the runner that there is a job. One that a crash loses is made up for by the look of every start.</summary>
public sealed class RevocationJobSignal
{
    private readonly Channel<bool> _raised = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is a job.</summary>
    public void Raise() => _ = _raised.Writer.TryWrite(true);

    /// <summary>Waits for it, and takes it back.</summary>
    /// <param name="patience">How long at most.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>When there is a job, or the time is up.</returns>
    internal async Task WaitAsync(TimeSpan patience, TimeProvider time, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            await _raised.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time is up, which is no failure.
        }
    }
}
