using System.Threading.Channels;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Commits;

/// <summary>
/// The one thread that writes. It takes all operations that are waiting, up to a limit, does them in one transaction,
/// and tells their callers after the one commit: a hundred callers share one fsync, and nobody waits for a timer.
/// </summary>
internal sealed class Writer : IAsyncDisposable
{
    /// <summary>Beyond this many waiting operations, new requests are turned away.</summary>
    internal const int QueueLimit = 4_096;

    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(500);

    // The upper half is for those who were let in already: what was reserved must find its place to be recorded.
    private readonly Channel<Operation> _queue = Channel.CreateBounded<Operation>(
        new BoundedChannelOptions(2 * QueueLimit) { SingleReader = true });

    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Committer _committer;
    private readonly Thread _thread;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private volatile bool _isClosed;

    public Writer(IEngine engine, Session session, DatabaseOptions options, FeedSignal feed, StatusVersion statuses)
    {
        (_timeout, _time) = (options.WriteTimeout, options.Time);
        Metrics = new CommitMetrics(() => _queue.Reader.Count);
        _committer = new Committer(engine, session, Metrics, feed, statuses);
        _thread = new Thread(Loop) { Name = "storage writer", IsBackground = true };
        _thread.Start();
    }

    public CommitMetrics Metrics { get; }

    /// <summary>Completes when nothing may be written by this process any more.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Queues an operation and waits until it is durable, but never longer than the timeout.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <param name="wasLetIn">It ends what an earlier operation began, and is not turned away when the queue is full.</param>
    /// <exception cref="StorageUnavailableException">It did not happen, or nobody knows.</exception>
    public async Task<T> RunAsync<T>(Func<Transaction, T> work, CancellationToken ct, bool wasLetIn = false)
    {
        var operation = new Operation<T>(work, ct);
        if (_queue.Reader.Count >= (wasLetIn ? 2 * QueueLimit : QueueLimit)) throw NewFullException();
        if (!_queue.Writer.TryWrite(operation)) throw _isClosed ? NewClosedException() : NewFullException();
        try
        {
            return await operation.Task.WaitAsync(_timeout, _time, ct);
        }
        catch (TimeoutException)
        {
            if (operation.Task.IsCompleted) return await operation.Task;
            throw new StorageUnavailableException($"The database did not store it within {_timeout.TotalSeconds} s.")
            {
                OutcomeUnknown = !operation.TryGiveUp(),
            };
        }
    }

    /// <summary>Accepts nothing more, finishes what is queued, ends the thread. The connection stays open.</summary>
    public async Task DrainAsync()
    {
        Close();
        await Task.Run(_thread.Join);
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync();
        _committer.Close(healthy: !_failed.Task.IsCompleted);
        Metrics.Dispose();
    }

    private void Loop()
    {
        var batch = new List<Operation>(Committer.BatchLimit);
        while (WaitForWork())
        {
            while (batch.Count < Committer.BatchLimit && _queue.Reader.TryRead(out var operation))
                Take(operation, batch);
            if (batch.Count == 0) continue;
            if ((_committer.Commit(batch) ?? _committer.Maintain(idle: false)) is { } fatal) Fail(fatal);
            batch.Clear();
        }
    }

    private void Take(Operation operation, List<Operation> batch)
    {
        if (_failed.Task.IsCompleted)
            operation.Fail(NewClosedException());
        else if (operation.TryBegin())
            batch.Add(operation);
        else
            operation.Fail(new OperationCanceledException());
    }

    private bool WaitForWork()
    {
        var ready = _queue.Reader.WaitToReadAsync().AsTask();
        if (!ready.IsCompleted && !ready.Wait(IdleAfter) && !_failed.Task.IsCompleted
            && _committer.Maintain(idle: true) is { } broken)
        {
            Fail(broken);
        }

        return ready.GetAwaiter().GetResult();
    }

    // fsyncgate: after a failed fsync a retry may succeed although the data is lost. Nothing is written again.
    private void Fail(Exception exception)
    {
        _failed.TrySetResult(exception);
        Close();
    }

    private void Close()
    {
        _isClosed = true;
        _queue.Writer.TryComplete();
    }

    private static StorageUnavailableException NewFullException() => new("Too many writes wait for the database already.");

    private StorageUnavailableException NewClosedException() => _failed.Task.IsCompleted
        ? new StorageUnavailableException("The database failed.", _failed.Task.Result)
        : new StorageUnavailableException("The database is closed.");
}
