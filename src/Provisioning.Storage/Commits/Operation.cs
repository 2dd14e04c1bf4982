namespace Provisioning.Storage.Commits;

/// <summary>What a caller wants done in a transaction, and the caller's waiting for it.</summary>
internal abstract class Operation
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int GivenUp = 2;

    private int _state = Waiting;

    /// <summary>The writer begins it, unless its caller has given it up.</summary>
    /// <returns>True when it is to be done now; false when it never will be.</returns>
    public virtual bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

    /// <summary>The caller waits no longer.</summary>
    /// <returns>True when it will never be done; false when it has begun, and may be done.</returns>
    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting;

    /// <summary>
    /// Does the work. All reads and refusals come before the first write, so that a refusal has nothing to undo and
    /// operations can share a transaction without savepoints. May run a second time, after a rollback.
    /// </summary>
    public abstract void Run(Transaction transaction);

    /// <summary>The transaction is durable: the caller gets its result.</summary>
    public abstract void Complete();

    /// <summary>The transaction did not happen, or nobody knows.</summary>
    public abstract void Fail(Exception exception);
}

/// <inheritdoc cref="Operation"/>
internal sealed class Operation<T>(Func<Transaction, T> work, CancellationToken ct) : Operation
{
    // Asynchronously: the callers must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private T? _result;

    public Task<T> Task => _completion.Task;

    public override bool TryBegin() => !ct.IsCancellationRequested && base.TryBegin();

    public override void Run(Transaction transaction) => _result = work(transaction);

    public override void Complete() => _completion.TrySetResult(_result!);

    public override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException) _completion.TrySetCanceled(ct);
        else _completion.TrySetException(exception);
    }
}
