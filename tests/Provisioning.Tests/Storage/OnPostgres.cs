using Npgsql;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;
using Provisioning.Storage.Expiry;

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

    protected override async Task<IAsyncDisposable> LockAsync()
    {
        var other = new NpgsqlConnection(Options().Connection + ";Pooling=False");
        await other.OpenAsync(Ct);
        await using var command = other.CreateCommand();
        command.CommandText = "BEGIN; LOCK TABLE certificates, meta IN ACCESS EXCLUSIVE MODE";
        await command.ExecuteNonQueryAsync(Ct);
        return other;
    }

    protected override async Task PrepareAsync()
    {
        _server = Environment.GetEnvironmentVariable("PROVISIONING_TEST_POSTGRES");
        if (string.IsNullOrEmpty(_server))
        {
            const string how =
                "PROVISIONING_TEST_POSTGRES is not set: PostgreSQL is not tested. tests/postgres.sh starts one.";
            if (Environment.GetEnvironmentVariable("PROVISIONING_REQUIRE_ALL") == "1") Assert.Fail(how);
            Assert.Skip(how);
        }

        await OnServerAsync($"CREATE DATABASE {_name} ENCODING 'UTF8' TEMPLATE template0");
    }

    protected override async Task CleanUpAsync()
    {
        if (!string.IsNullOrEmpty(_server)) await OnServerAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
    }

    // With a million rows, analyzed or not, custom or generic: 1 ms to find the end of a range of 5000, 13 to 70 ms to read it.
    [Theory]
    [InlineData(ExpiryStore.EndOfRange)]
    [InlineData(ExpiryStore.Watched)]
    public async Task What_ends_is_watched_along_its_index_from_one_place_on(string sql)
    {
        var plan = await Database.Writer.RunAsync(
            transaction =>
            {
                // An empty table is read as a whole, whatever it has.
                transaction.Sql("SET LOCAL enable_seqscan = off").Execute();
                var statement = transaction.Sql(string.Intern("EXPLAIN " + sql)).With("from", 0L).With("not_after", 0L).With("serial", [0]);
                if (sql == ExpiryStore.EndOfRange) statement.With("offset", 1L);
                else statement.With("to_not_after", 1L).With("to_serial", [0]).With("until", 0L).With("now", 0L).With("per_mille", 1L);
                using var row = statement.Query();
                var lines = new List<string>();
                while (row.Read()) lines.Add(row.GetString(0));
                return lines;
            },
            Ct);
        var scan = plan.FindIndex(line => line.Contains("certificates_ending", StringComparison.Ordinal));
        Assert.True(scan >= 0, string.Join('\n', plan));
        var condition = plan[scan + 1];
        Assert.Contains("Index Cond", condition, StringComparison.Ordinal);
        Assert.Contains("ROW(not_after, serial) > ROW(", condition, StringComparison.Ordinal);
        if (sql == ExpiryStore.Watched) Assert.Contains("ROW(not_after, serial) <= ROW(", condition, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_connection_broke_the_writer_connects_again()
    {
        await IssueAsync(NewReservation("pump-1"));
        var lost = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => WriteAsync("SELECT pg_terminate_backend(pg_backend_pid())"));
        Assert.False(lost.OutcomeUnknown);
        await IssueAsync(NewReservation("pump-2"));
        Assert.Equal([1, 2], (await AuditAsync()).Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task After_the_server_ended_every_connection_reads_work_again()
    {
        var issued = await IssueAsync(NewReservation("pump-1"));
        Assert.NotNull(await Certificates.FindAsync(issued.SerialNumber, Ct));
        // It waits until they have ended: a connection that is only told to end may still answer.
        await OnServerAsync($"SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '{_name}'");
        await Assert.ThrowsAsync<StorageUnavailableException>(
            async () => await Certificates.FindAsync(issued.SerialNumber, Ct));
        Assert.NotNull(await Certificates.FindAsync(issued.SerialNumber, Ct));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => ReserveAsync(NewReservation("pump-2")));
        await ReserveAsync(NewReservation("pump-2"));
    }

    [Fact]
    public async Task A_reservation_whose_commit_broke_off_does_not_block_its_device()
    {
        // Stands for a connection that breaks after COMMIT has left: the server did it, and nobody was told.
        await WriteAsync("""
            CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$
            """);
        await WriteAsync("""
            CREATE CONSTRAINT TRIGGER break_off AFTER INSERT ON certificates DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION break_off()
            """);
        var lost = await Assert.ThrowsAsync<StorageUnavailableException>(() => ReserveAsync(NewReservation()));
        Assert.True(lost.OutcomeUnknown);
        await WriteAsync("DROP TRIGGER break_off ON certificates");
        await IssueAsync(NewReservation());
    }

    [Fact]
    public async Task Of_readers_that_wait_for_a_locked_table_the_17th_is_told_so_at_once()
    {
        Exception[] problems;
        await using (await LockAsync())
        {
            problems = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Assert.ThrowsAnyAsync<Exception>(
                async () => await Certificates.FindAsync(SerialNumber.NewRandom(), Ct))));
        }

        Assert.All(problems, problem => Assert.IsType<StorageUnavailableException>(problem));
        Assert.Equal(4, problems.Count(problem => problem.Message.StartsWith("Too many reads", StringComparison.Ordinal)));
        Assert.Null(await Certificates.FindAsync(SerialNumber.NewRandom(), Ct));
    }

    [Fact]
    public async Task A_second_node_is_refused()
    {
        var elsewhere = Options() with { DataDirectory = Path.Combine(DataDirectory, "other") };
        var refused = await Assert.ThrowsAsync<DatabaseOpenException>(() => Database.OpenAsync(elsewhere, Ct));
        Assert.Contains("Another process holds", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_refused_with_a_reason()
    {
        var options = new DatabaseOptions
        {
            DataDirectory = Path.Combine(DataDirectory, "other"),
            Connection = "Host=127.0.0.1;Port=1;Username=postgres;Timeout=2",
        };
        await Assert.ThrowsAsync<DatabaseOpenException>(() => Database.OpenAsync(options, Ct));
    }

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The only thing put into it is the name above.
        command.CommandText = sql;
        command.CommandTimeout = 180; // seconds: making a database syncs a lot, and others do the same
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
