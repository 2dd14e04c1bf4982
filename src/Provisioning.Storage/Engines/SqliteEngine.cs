using Microsoft.Data.Sqlite;
using Provisioning.Storage.Sessions;
using SQLitePCL;

namespace Provisioning.Storage.Engines;

/// <summary>
/// SQLite in WAL mode. Versions 3.7.0 to 3.51.2 can lose a committed write when one connection checkpoints while
/// another writes (the "WAL-reset" race, fixed in 3.51.3). So no connection checkpoints by itself; only the one
/// connection that writes does, between its transactions, and no second process is let in
/// (<see cref="DirectoryLock"/>).
/// </summary>
internal sealed class SqliteEngine(string path) : IEngine
{
    private const int BusyMilliseconds = 2_000;
    private const int CheckpointPages = 16_384;

    private long _checkpointed;

    public string Name => "sqlite";

    public string Adapt(string schema) =>
        schema.Replace("/* WITHOUT ROWID */", "WITHOUT ROWID", StringComparison.Ordinal);

    public string Begin => "BEGIN IMMEDIATE";

    // They never wait for anything but the processor and the disk.
    public int MaxReaders { get; } = 2 * Environment.ProcessorCount + 2;

    public Session OpenWriter()
    {
        try
        {
            CreateFile();
            var session = Open(SqliteOpenMode.ReadWrite);
            RewriteLog(session);
            // FULL: an acknowledged commit survives a power cut; NORMAL would lose it.
            session.Run("""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = ON;
                PRAGMA cache_size = -32768;
                """);
            // Closing must not checkpoint either: after a failed fsync it could throw good pages away.
            raw.sqlite3_db_config(Handle(session), raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            _checkpointed = 0;
            return session;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new DatabaseOpenException($"Cannot open the database {path}: {e.Message}", e);
        }
    }

    public ValueTask<Session> OpenReaderAsync(CancellationToken ct) =>
        ValueTask.FromResult(Open(SqliteOpenMode.ReadOnly));

    public string Describe(Session session) => "SQLite " + session.Ask("SELECT sqlite_version()");

    public Trouble Judge(Exception exception, Session session) =>
        (exception as SqliteException)?.SqliteErrorCode switch
        {
            // A failed write or fsync: the kernel may have dropped the pages and report success the next time.
            raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Trouble.Fatal,
            raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN
                or raw.SQLITE_NOMEM or raw.SQLITE_PROTOCOL => Trouble.Unavailable,
            _ => Trouble.Own,
        };

    public void Rollback(Session session)
    {
        // After some errors (full, I/O) SQLite has rolled back by itself.
        if (raw.sqlite3_get_autocommit(Handle(session)) == 0) session.Run("ROLLBACK");
    }

    public void Maintain(Session session, bool idle)
    {
        var written = PagesWritten(session);
        if (written - _checkpointed < (idle ? 1 : CheckpointPages)) return;
        // PASSIVE waits for nobody; what a long reader keeps from being copied is copied the next time.
        session.Run("PRAGMA wal_checkpoint(PASSIVE)");
        _checkpointed = written;
    }

    public void Finish(Session session) => session.Run("PRAGMA wal_checkpoint(TRUNCATE)");

    public async Task<IReadOnlyList<string>> CheckIntegrityAsync(Session session, CancellationToken ct)
    {
        var findings = new List<string>();
        await using (var reader = await session.Sql("PRAGMA integrity_check").QueryAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                if (reader.GetString(0) != "ok") findings.Add(reader.GetString(0));
            }
        }

        await using (var reader = await session.Sql("PRAGMA foreign_key_check").QueryAsync(ct))
        {
            while (await reader.ReadAsync(ct)) findings.Add($"a row of {reader.GetString(0)} points at nothing");
        }

        return findings;
    }

    private static sqlite3 Handle(Session session) => ((SqliteConnection)session.Connection).Handle
        ?? throw new InvalidOperationException("The connection is closed.");

    private static long PagesWritten(Session session)
    {
        raw.sqlite3_db_status(Handle(session), raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 0);
        return pages;
    }

    private Session Open(SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            // Microsoft.Data.Sqlite's own retry loop, in seconds; busy_timeout has waited by then.
            DefaultTimeout = 1,
        };
        var session = new Session(new SqliteConnection(text.ToString()));
        session.Connection.Open();
        session.Run($"PRAGMA busy_timeout = {BusyMilliseconds}; PRAGMA wal_autocheckpoint = 0;");
        return session;
    }

    // After a failed fsync the kernel calls pages clean that are not on the disk; they are read back as if they were, and
    // no later fsync writes them. What is committed behind such a gap would be lost with it when the power fails. So what
    // an earlier process has left in the log is written again, octet for octet, and flushed. The database file needs no
    // such care: a checkpoint that failed is done again from the log, the whole of it.
    private void RewriteLog(Session session)
    {
        var log = path + "-wal";
        if (!File.Exists(log)) return;
        // Under the write lock, so that no other program, a backup's or a curious person's, can add to the log meanwhile.
        session.Run("BEGIN IMMEDIATE");
        try
        {
            RewriteFile(log);
        }
        finally
        {
            session.Run("ROLLBACK");
        }
    }

    private static void RewriteFile(string log)
    {
        using var file = File.OpenHandle(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[1 << 20];
        long offset = 0;
        for (int length; (length = RandomAccess.Read(file, buffer, offset)) > 0; offset += length)
            RandomAccess.Write(file, buffer.AsSpan(0, length), offset);
        RandomAccess.FlushToDisk(file);
    }

    private void CreateFile()
    {
        // Before SQLite does it, so that nobody but the service reads it; the WAL takes over its mode.
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
    }
}
