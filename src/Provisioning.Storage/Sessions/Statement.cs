using System.Data;
using System.Data.Common;

namespace Provisioning.Storage.Sessions;

/// <summary>
/// A prepared statement with its parameters, used over and over on one connection. Parameters are made at the first
/// use, in the order of the calls; every use must set all of them.
/// </summary>
internal sealed class Statement(DbCommand command) : IDisposable
{
    private readonly List<DbParameter> _parameters = [];
    private readonly List<string> _names = [];
    private int _next;
    private bool _prepared;

    public Statement With(string name, string? value) => Bind(name, DbType.String, value);

    public Statement With(string name, byte[]? value) => Bind(name, DbType.Binary, value);

    public Statement With(string name, long? value) => Bind(name, DbType.Int64, value);

    public Statement With(string name, DateTimeOffset value) => With(name, value.ToUnixTimeMilliseconds());

    /// <summary>Runs a statement that gives no rows; returns how many rows it changed.</summary>
    public int Execute()
    {
        Prepare();
        return command.ExecuteNonQuery();
    }

    public DbDataReader Query()
    {
        Prepare();
        return command.ExecuteReader();
    }

    public async ValueTask<DbDataReader> QueryAsync(CancellationToken ct)
    {
        if (!_prepared) await command.PrepareAsync(ct);
        _prepared = true;
        _next = 0;
        return await command.ExecuteReaderAsync(ct);
    }

    public void Dispose() => command.Dispose();

    private void Prepare()
    {
        if (!_prepared) command.Prepare();
        _prepared = true;
        _next = 0;
    }

    private Statement Bind(string name, DbType type, object? value)
    {
        // The calls come in the same order every time, so the next one is nearly always the right one.
        var index = _next < _names.Count && ReferenceEquals(_names[_next], name) ? _next : _names.IndexOf(name);
        if (index < 0) index = Add(name, type);
        _parameters[index].Value = value ?? DBNull.Value;
        _next = index + 1;
        return this;
    }

    private int Add(string name, DbType type)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@" + name;
        parameter.DbType = type;
        command.Parameters.Add(parameter);
        _parameters.Add(parameter);
        _names.Add(name);
        return _names.Count - 1;
    }
}
