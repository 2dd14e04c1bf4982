using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Provisioning.Storage.Sessions;

/// <summary>A connection and its prepared statements. Used by one thread or one call at a time.</summary>
internal sealed class Session(DbConnection connection) : IAsyncDisposable, IDisposable
{
    // By reference: the key is a constant of the code, and hashing its text would cost more than many a statement.
    private readonly Dictionary<string, Statement> _statements = new(ReferenceEqualityComparer.Instance);

    public DbConnection Connection => connection;

    /// <summary>False when the server has gone: the session is of no more use.</summary>
    public bool IsOpen => connection.State == ConnectionState.Open;

    /// <summary>The prepared statement of a text that is a constant of the code, or was interned.</summary>
    /// <exception cref="InvalidOperationException">The text was put together: each time it would be another, and all would be kept.</exception>
    public Statement Sql(string text)
    {
        if (_statements.TryGetValue(text, out var statement)) return statement;
        if (!ReferenceEquals(string.IsInterned(text), text)) throw new InvalidOperationException("Not a constant of the code: " + text);
        statement = new Statement(NewCommand(text));
        _statements.Add(text, statement);
        return statement;
    }

    /// <summary>Runs statements once, without keeping them.</summary>
    public void Run(string text)
    {
        using var command = NewCommand(text);
        command.ExecuteNonQuery();
    }

    /// <summary>Runs one statement once; gives the first column of its first row.</summary>
    public object? Ask(string text)
    {
        using var command = NewCommand(text);
        return command.ExecuteScalar();
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        connection.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        await connection.DisposeAsync();
    }

    [SuppressMessage("Security", "CA2100", Justification = "Texts are constants of this project.")]
    private DbCommand NewCommand(string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }
}
