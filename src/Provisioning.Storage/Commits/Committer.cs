using System.Data.Common;
using System.Diagnostics;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Storage.Audit;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Commits;

/// <summary>Turns batches of operations into transactions, on the writer's thread.</summary>
internal sealed class Committer(IEngine engine, Session first, CommitMetrics metrics, FeedSignal? feed = null, StatusVersion? statuses = null)
{
    public const int BatchLimit = 256;

    private readonly AuditTrail _trail = new();
    private Session? _session = first;

    /// <summary>
    /// Does a batch in one transaction and completes or fails every operation of it. When one of them throws, the
    /// transaction is rolled back and each is done again alone: only the culprit fails.
    /// </summary>
    /// <returns>The exception after which nothing may be written any more, or null.</returns>
    public Exception? Commit(IReadOnlyList<Operation> batch)
    {
        var started = Stopwatch.GetTimestamp();
        var failure = TryCommit(batch);
        if (failure is null)
        {
            Measure(batch.Count, Stopwatch.GetElapsedTime(started));
            foreach (var operation in batch) operation.Complete();
            if (_trail.TakeEvents()) feed?.Raise();
            return null;
        }

        if (failure.Value.Trouble == Trouble.Own && batch.Count > 1) return CommitEachAlone(batch);
        foreach (var operation in batch) operation.Fail(failure.Value.Exception);
        return failure.Value.Trouble == Trouble.Fatal ? failure.Value.Exception : null;
    }

    /// <summary>Housekeeping; the exception after which nothing may be written any more, or null.</summary>
    public Exception? Maintain(bool idle)
    {
        if (_session is not { } session) return null;
        try
        {
            engine.Maintain(session, idle);
            return null;
        }
        catch (DbException e)
        {
            // Busy or full: the next time will do.
            return engine.Judge(e, session) == Trouble.Fatal ? e : null;
        }
    }

    public void Close(bool healthy)
    {
        if (_session is not { } session) return;
        try
        {
            if (healthy) engine.Finish(session);
        }
        catch (DbException)
        {
            // Everything is durable as it is; the next start does what was left undone.
        }

        Drop();
    }

    private Exception? CommitEachAlone(IReadOnlyList<Operation> batch)
    {
        Exception? fatal = null;
        foreach (var operation in batch)
        {
            if (fatal is null) fatal = Commit([operation]);
            else operation.Fail(new StorageUnavailableException("The database failed.", fatal));
        }

        return fatal;
    }

    private (Trouble Trouble, Exception Exception)? TryCommit(IReadOnlyList<Operation> batch)
    {
        var committing = false;
        try
        {
            _session ??= engine.OpenWriter();
            var transaction = new Transaction(_session, _trail);
            _session.Sql(engine.Begin).Execute();
            foreach (var operation in batch) operation.Run(transaction);
            committing = true;
            Commit(transaction);
            return null;
        }
        catch (Exception e) when (_session is null)
        {
            // It could not be opened, for whatever reason; the next batch tries again.
            return (Trouble.Unavailable, new StorageUnavailableException("The database cannot be opened: " + e.Message, e));
        }
        catch (Exception e)
        {
            // The one place where everything is caught: whatever an operation throws belongs to its caller, and the
            // writer must go on for the others.
            var trouble = engine.Judge(e, _session!);
            Undo(trouble);
            return (trouble, trouble == Trouble.Own && e is not DbException ? e
                : new StorageUnavailableException("The database cannot store it: " + e.Message, e)
                {
                    OutcomeUnknown = committing && trouble is Trouble.ConnectionLost or Trouble.Fatal,
                });
        }
    }

    private void Commit(Transaction transaction)
    {
        if (transaction.ChangesStatuses) statuses?.Begin();
        try
        {
            _session!.Sql("COMMIT").Execute();
        }
        finally
        {
            if (transaction.ChangesStatuses) statuses?.End();
        }
    }

    private void Measure(int operations, TimeSpan duration)
    {
        try
        {
            metrics.Committed(operations, duration);
        }
        catch (Exception)
        {
            // Whoever listens to the meter runs here. Their defect must neither make a commit look like a failure nor end the
            // one thread that writes.
        }
    }

    private void Undo(Trouble trouble)
    {
        _trail.Forget();
        try
        {
            if (trouble != Trouble.ConnectionLost) engine.Rollback(_session!);
        }
        catch (DbException)
        {
            // Then the connection is of no use either; closing it rolls back.
            trouble = Trouble.ConnectionLost;
        }

        if (trouble == Trouble.ConnectionLost) Drop();
    }

    private void Drop()
    {
        _session?.Dispose();
        _session = null;
    }
}
