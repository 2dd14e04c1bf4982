namespace Provisioning.Storage.Commits;

/// <summary>
/// Counts the transactions that change how certificates stand, as their only writer knows them: who has read a row while it stood still need
/// not read it again until it moves. It moves twice for each transaction, before the commit and after it, because others see the rows of a
/// commit before its writer knows of it.
/// </summary>
internal sealed class StatusVersion
{
    private long _moves;

    /// <summary>The version; null while a transaction is about to change something.</summary>
    public long? Current
    {
        get
        {
            var moves = Volatile.Read(ref _moves);
            return moves % 2 == 0 ? moves : null;
        }
    }

    /// <summary>A commit that changes something begins. Called by the writer only.</summary>
    public void Begin() => Interlocked.Increment(ref _moves);

    /// <summary>It is over, whatever came of it.</summary>
    public void End() => Interlocked.Increment(ref _moves);
}
