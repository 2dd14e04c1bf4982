using Npgsql;
using Provisioning.Storage;

namespace Provisioning.Tests.Storage;

/// <summary>Every test has a database of its own on the server that PROVISIONING_TEST_POSTGRES names.</summary>
public sealed class OnPostgres : StorageContract
{
    private readonly string _name = $"provisioning_test_{Guid.NewGuid():N}";
    private string? _server;

    protected override DatabaseOptions Options() => new()
    {
        DataDirectory = DataDirectory,
        Connection = new NpgsqlConnectionStringBuilder(_server) { Database = _name }.ToString(),
    };

    protected override async Task PrepareAsync()
    {
        _server = Environment.GetEnvironmentVariable("PROVISIONING_TEST_POSTGRES");
        if (string.IsNullOrEmpty(_server))
        {
            const string how = "PROVISIONING_TEST_POSTGRES is not set, so PostgreSQL is not tested. tests/postgres.sh starts one.";
            if (Environment.GetEnvironmentVariable("PROVISIONING_REQUIRE_ALL") == "1") Assert.Fail(how);
            Assert.Skip(how);
        }

        await OnServerAsync($"CREATE DATABASE {_name} ENCODING 'UTF8' TEMPLATE template0");
    }

    protected override async Task CleanUpAsync()
    {
        if (!string.IsNullOrEmpty(_server)) await OnServerAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
    }

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The only thing put into it is the name above.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
