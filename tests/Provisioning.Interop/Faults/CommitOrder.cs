namespace Provisioning.Interop.Faults;

/// <summary>What must lie between a write to the write-ahead log and the answer that tells of it: a flush of that log.</summary>
internal static class CommitOrder
{
    /// <summary>
    /// Looks at the calls of a program that serves one caller at a time, so that whatever was written before an answer belongs to it.
    /// </summary>
    /// <returns>How many answers were sent over a log with something in it that was not durable, and over how many commits.</returns>
    internal static (int Early, int Answers, int Flushes) Check(IEnumerable<SystemCall> calls, Func<SystemCall, bool> isAnswer)
    {
        var (early, answers, flushes) = (0, 0, 0);
        long? written = null;
        long flushed = 0;
        foreach (var call in calls)
        {
            if (isAnswer(call))
            {
                answers++;
                if (written is not null || call.Begin < flushed) early++;
            }
            else if (!call.File.EndsWith("-wal", StringComparison.Ordinal))
            {
                continue;
            }
            else if (call.Name is "pwrite64" or "write")
            {
                written = call.Begin;
            }
            else if (call is { Name: "fsync" or "fdatasync", Result: 0 })
            {
                if (written is not null) flushes++;
                (written, flushed) = (null, call.End);
            }
        }

        return (early, answers, flushes);
    }
}
