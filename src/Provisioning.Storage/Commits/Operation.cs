namespace Provisioning.Storage.Commits;

/// <summary>What a caller wants done in a transaction, and the caller's waiting for it.</summary>
internal abstract class Operation
{
    /// <summary>The caller has gone; when the work has not begun, it need not.</summary>
    public abstract bool IsGivenUp { get; }

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

    public override bool IsGivenUp => ct.IsCancellationRequested;

    public override void Run(Transaction transaction) => _result = work(transaction);

    public override void Complete() => _completion.TrySetResult(_result!);

    public override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException) _completion.TrySetCanceled(ct);
        else _completion.TrySetException(exception);
    }
}
