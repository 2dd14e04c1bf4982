namespace Provisioning.Core.Revocation.Feed;

/// <summary>
/// Wakes all who wait for events. Raised after the commit; nothing depends on it, because whoever waits looks again within a second anyway:
/// another node does not raise it here.
/// </summary>
public sealed class FeedSignal
{
    private TaskCompletionSource _next = NewSource();

    /// <summary>Completes when the signal is next raised. To be taken before reading: what is committed after that completes it.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>There may be more events.</summary>
    public void Raise() => Interlocked.Exchange(ref _next, NewSource()).TrySetResult();

    /// <summary>Waits until there may be more, or for a while.</summary>
    /// <param name="next">What <see cref="Next"/> was before the last look.</param>
    /// <param name="patience">How long at most.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Gives up, without an exception.</param>
    /// <returns>When it is time to look again.</returns>
    public static async Task WaitAsync(Task next, TimeSpan patience, TimeProvider time, CancellationToken ct) =>
        await next.WaitAsync(patience, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // Asynchronously: those who wait must not run on the thread that commits.
    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
