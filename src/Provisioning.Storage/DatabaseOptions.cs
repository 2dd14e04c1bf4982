namespace Provisioning.Storage;

/// <summary>Where the registry is kept.</summary>
public sealed record DatabaseOptions
{
    /// <summary>
    /// The data directory, made when it is not there. It is locked for this process, whatever the engine; SQLite keeps
    /// <c>provisioning.db</c> in it.
    /// </summary>
    public required string DataDirectory { get; init; }

    /// <summary>A connection string for PostgreSQL (<c>Host=…</c>), or null or empty for SQLite.</summary>
    public string? Connection { get; init; }

    /// <summary>How long a write may wait for the database, and for the writes before it.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>What that is measured with.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
