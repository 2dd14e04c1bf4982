using System.Data.Common;
using Npgsql;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Engines;

/// <summary>PostgreSQL 13 or newer, always the primary: what gates a signature is not read from a replica.</summary>
internal sealed class PostgresEngine : IEngine
{
    private const long AdvisoryLock = 0x50_52_4F_56_43_41;
    private const int DefaultSeconds = 4;

    private readonly string _connectionString;

    public PostgresEngine(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // The sessions are kept by us, with their prepared statements and the writer's lock.
            Pooling = false,
            Enlist = false,
        };
        builder.ApplicationName ??= "provisioning";
        // Npgsql's defaults of 15 and 30 s would keep callers waiting longer than they do.
        if (builder.Timeout == 15) builder.Timeout = DefaultSeconds;
        if (builder.CommandTimeout == 30) builder.CommandTimeout = DefaultSeconds;
        if (builder.KeepAlive == 0) builder.KeepAlive = 10;
        _connectionString = builder.ToString();
    }

    public string Name => "postgres";

    public string Adapt(string schema) => schema;

    public string Begin => "BEGIN";

    public int MaxReaders => 16;

    public Session OpenWriter()
    {
        var session = new Session(new NpgsqlConnection(_connectionString));
        try
        {
            session.Connection.Open();
            Prepare(session);
            // Without synchronous_commit an acknowledged commit could be lost; a stronger setting of the server stays.
            session.Run("""
                SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') IN ('off', 'local')
                """);
            if (session.Ask("SHOW server_encoding") is not "UTF8")
                throw new DatabaseOpenException("The PostgreSQL database must have the encoding UTF8.");
            // Waits as long as lock_timeout: the server may not have noticed yet that a killed process is gone.
            session.Run($"SELECT pg_advisory_lock({AdvisoryLock})");
            return session;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            session.Dispose();
            throw new DatabaseOpenException(
                "Another process holds this PostgreSQL database: one node at a time may use it; stop the other first.",
                e);
        }
        catch (DbException e)
        {
            session.Dispose();
            throw new DatabaseOpenException("Cannot open the PostgreSQL database: " + e.Message, e);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public async ValueTask<Session> OpenReaderAsync(CancellationToken ct)
    {
        var session = new Session(new NpgsqlConnection(_connectionString));
        try
        {
            await session.Connection.OpenAsync(ct);
            Prepare(session);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public string Describe(Session session) => "PostgreSQL " + session.Ask("SHOW server_version");

    public Trouble Judge(Exception exception, Session session) => exception switch
    {
        _ when !session.IsOpen => Trouble.ConnectionLost,
        PostgresException { SqlState: var state } => state[..2] switch
        {
            // Out of resources, operator intervention, system error, connection exception, object in use.
            "53" or "57" or "58" or "08" or "55" => Trouble.Unavailable,
            _ => Trouble.Own,
        },
        NpgsqlException => Trouble.ConnectionLost,
        _ => Trouble.Own,
    };

    public void Rollback(Session session) => session.Run("ROLLBACK");

    public void Maintain(Session session, bool idle)
    {
        // The server does its own.
    }

    public void Finish(Session session)
    {
        // Closing the connection releases the lock.
    }

    public async Task<IReadOnlyList<string>> CheckIntegrityAsync(Session session, CancellationToken ct)
    {
        var findings = new List<string>();
        var broken = session.Sql("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid");
        await using var reader = await broken.QueryAsync(ct);
        while (await reader.ReadAsync(ct)) findings.Add($"the index {reader.GetString(0)} is not valid");
        return findings;
    }

    private static void Prepare(Session session) => session.Run("SET lock_timeout = '3s'");
}
