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
}
