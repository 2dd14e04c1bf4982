namespace Provisioning.Interop.Renewals;

/// <summary>
/// The processors of the devices. A device has one of its own and answers a server's part of a handshake at once; here they all share the
/// server's machine, and what one of them waits for is not to be the other ten thousand. So one computes for each processor, and the newest
/// goes first: under a load that is too high some answer at once and some never, instead of all of them too late.
/// </summary>
internal sealed class DeviceTurns
{
    private readonly Lock _change = new();
    private readonly Stack<TaskCompletionSource> _waiting = new();
    private int _free = Environment.ProcessorCount;

    /// <summary>Waits for a processor, to be given back with <see cref="Leave"/>.</summary>
    /// <exception cref="OperationCanceledException">It was given up; it has none.</exception>
    internal async Task EnterAsync(CancellationToken ct)
    {
        TaskCompletionSource turn;
        lock (_change)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Push(turn);
        }

        await using var registration = ct.Register(() => turn.TrySetCanceled(ct));
        await turn.Task;
    }

    internal void Leave()
    {
        lock (_change)
        {
            while (_waiting.TryPop(out var next))
                if (next.TrySetResult()) return;
            _free++;
        }
    }
}
