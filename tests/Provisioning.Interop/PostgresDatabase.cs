namespace Provisioning.Interop;

/// <summary>A database of its own on the PostgreSQL of the tests, made and dropped by psql.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name;

    private PostgresDatabase(string server, string name) => (_server, _name) = (server, name);

    /// <summary>For the service.</summary>
    internal string Connection => string.Join(';', Parts(_server).Where(part => part.Key != "Database").Select(part => $"{part.Key}={part.Value}"))
        + $";Database={_name};Timeout=60;Command Timeout=60"; // seconds: the machine may be busy

    internal static async Task<PostgresDatabase> CreateAsync(string server, string name)
    {
        var database = new PostgresDatabase(server, name);
        await database.RunAsync($"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        return database;
    }

    public async ValueTask DisposeAsync() => await RunAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");

    private async Task RunAsync(string sql)
    {
        var parts = Parts(_server).ToDictionary(part => part.Key, part => part.Value);
        await Tool.CheckAsync("psql", "-h", parts["Host"], "-p", parts["Port"], "-U", parts["Username"], "-d", parts["Database"], "-c", sql);
    }

    private static IEnumerable<KeyValuePair<string, string>> Parts(string connection) =>
        connection.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=', 2))
            .Select(part => new KeyValuePair<string, string>(part[0], part[1]));
}
