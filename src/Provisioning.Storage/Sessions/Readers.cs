using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Engines;

namespace Provisioning.Storage.Sessions;

/// <summary>The connections that read, beside the one that writes.</summary>
internal sealed class Readers(IEngine engine) : IAsyncDisposable
{
    // Added to what the engine itself takes to find out that it cannot read, this must be less than a caller waits.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly ConcurrentStack<Session> _idle = [];
    private readonly SemaphoreSlim _slots = new(engine.MaxReaders);

    /// <summary>Reads with a session of the pool.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be read now.</exception>
    public async ValueTask<TResult> ReadAsync<TArgument, TResult>(
        Func<Session, TArgument, CancellationToken, ValueTask<TResult>> read, TArgument argument, CancellationToken ct)
    {
        if (!_slots.Wait(0, ct) && !await _slots.WaitAsync(LongestWait, ct))
            throw new StorageUnavailableException("Too many reads wait for the database already.");
        Session? session = null;
        var good = false;
        try
        {
            if (!_idle.TryPop(out session)) session = await engine.OpenReaderAsync(ct);
            var result = await read(session, argument, ct);
            good = session.IsOpen;
            return result;
        }
        catch (DbException e)
        {
            throw new StorageUnavailableException("The database cannot be read: " + e.Message, e);
        }
        finally
        {
            if (good) _idle.Push(session!);
            else if (session is not null) await session.DisposeAsync();
            _slots.Release();
        }
    }

    /// <summary>Streams the rows of one statement, which is one snapshot, on a connection of its own.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be read now.</exception>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        Func<Session, Statement> statement, Func<DbDataReader, T> row, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var session = await GuardAsync(() => engine.OpenReaderAsync(ct));
        await using var reader = await GuardAsync(() => statement(session).QueryAsync(ct));
        Func<ValueTask<bool>> next = () => new ValueTask<bool>(reader.ReadAsync(ct));
        while (await GuardAsync(next)) yield return row(reader);
    }

    public async ValueTask DisposeAsync()
    {
        while (_idle.TryPop(out var session)) await session.DisposeAsync();
        _slots.Dispose();
    }

    // An iterator may not yield inside try-catch.
    private static async ValueTask<T> GuardAsync<T>(Func<ValueTask<T>> step)
    {
        try
        {
            return await step();
        }
        catch (DbException e)
        {
            throw new StorageUnavailableException("The database cannot be read: " + e.Message, e);
        }
    }
}
