using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Engines;

/// <summary>What truly differs between SQLite and PostgreSQL. Everything else is one text and one code.</summary>
internal interface IEngine
{
    /// <summary>Marks this engine's part of the schema: <c>sqlite</c> or <c>postgres</c>.</summary>
    string Name { get; }

    /// <summary>Turns a schema text that is meant for both into this engine's.</summary>
    string Adapt(string schema);

    /// <summary>Starts a transaction that may write.</summary>
    string Begin { get; }

    /// <summary>How many connections read at once.</summary>
    int MaxReaders { get; }

    /// <summary>Opens the one connection that writes, with the database held exclusively.</summary>
    /// <exception cref="DatabaseOpenException">Somebody else holds it, or it cannot be opened.</exception>
    Session OpenWriter();

    /// <summary>Opens a connection that reads.</summary>
    ValueTask<Session> OpenReaderAsync(CancellationToken ct);

    /// <summary>Name and version, for the log.</summary>
    string Describe(Session session);

    /// <summary>What an exception means.</summary>
    Trouble Judge(Exception exception, Session session);

    /// <summary>Rolls back, also when the engine has done it by itself already.</summary>
    void Rollback(Session session);

    /// <summary>Housekeeping on the writer's thread, between transactions.</summary>
    /// <param name="session">The writer's.</param>
    /// <param name="idle">Nobody is waiting.</param>
    void Maintain(Session session, bool idle);

    /// <summary>The last thing on the writer's connection of a healthy database.</summary>
    void Finish(Session session);

    /// <summary>The engine's own check; one finding each.</summary>
    Task<IReadOnlyList<string>> CheckIntegrityAsync(Session session, CancellationToken ct);
}
