using Microsoft.Data.Sqlite;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;
using Provisioning.Storage.Expiry;
using Provisioning.Storage.Revocation;

namespace Provisioning.Tests.Storage;

public sealed class OnSqlite : StorageContract
{
    protected override DatabaseOptions Options() => new() { DataDirectory = DataDirectory };

    protected override async Task<IAsyncDisposable> LockAsync()
    {
        var other = new SqliteConnection($"Data Source={Path.Combine(DataDirectory, "provisioning.db")};Pooling=False");
        await other.OpenAsync(Ct);
        await using var command = other.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        await command.ExecuteNonQueryAsync(Ct);
        return other;
    }

    [Theory]
    [InlineData(CrlStore.Revoked)]
    [InlineData(CrlStore.Changed)]
    [InlineData(CrlStore.Unexpired)]
    public async Task A_CRL_is_read_from_one_index_alone(string sql)
    {
        var plan = await Database.Writer.RunAsync(
            transaction =>
            {
                using var row = transaction.Sql(string.Intern("EXPLAIN QUERY PLAN " + sql))
                    .With("authority", "issuing").With("shard", 3L).With("not_expired_before", 0L).With("since", 0L).Query();
                Assert.True(row.Read());
                return row.GetString(3);
            },
            Ct);
        Assert.Contains("USING COVERING INDEX", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExpiryStore.EndOfRange)]
    [InlineData(ExpiryStore.Watched)]
    public async Task What_ends_is_watched_along_its_index_from_one_place_on(string sql)
    {
        var plan = await Database.Writer.RunAsync(
            transaction =>
            {
                var statement = transaction.Sql(string.Intern("EXPLAIN QUERY PLAN " + sql))
                    .With("from", 0L).With("not_after", 0L).With("serial", [0]);
                if (sql == ExpiryStore.EndOfRange) statement.With("offset", 1L);
                else statement.With("to_not_after", 1L).With("to_serial", [0]).With("until", 0L).With("now", 0L).With("per_mille", 1L);
                using var row = statement.Query();
                Assert.True(row.Read());
                return row.GetString(3);
            },
            Ct);
        Assert.Contains("certificates_ending (not_after>?", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_was_put_together_is_refused_and_not_kept_for_ever()
    {
        await Database.Writer.RunAsync(transaction => transaction.Sql("SELECT 1").Execute(), Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Database.Writer.RunAsync(transaction => transaction.Sql($"SELECT {transaction.NextSequence}").Execute(), Ct));
    }

    [Fact]
    public async Task Every_commit_is_synced_and_no_connection_checkpoints_by_itself()
    {
        var settings = await Database.Writer.RunAsync(
            transaction => (
                transaction.Session.Ask("PRAGMA journal_mode"), transaction.Session.Ask("PRAGMA synchronous"),
                transaction.Session.Ask("PRAGMA wal_autocheckpoint"), transaction.Session.Ask("PRAGMA foreign_keys")),
            Ct);
        Assert.Equal(("wal", 2L, 0L, 1L), settings);
        Assert.StartsWith("SQLite 3.", Database.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FeedStore.Events, "audit_events (sequence>?)")]
    [InlineData(FeedStore.LastEvents, "audit_events (sequence<?)")]
    public async Task Events_are_read_from_their_own_index_and_not_from_the_whole_audit(string sql, string index)
    {
        var plan = await Database.Writer.RunAsync(
            transaction =>
            {
                var statement = transaction.Sql(string.Intern("EXPLAIN QUERY PLAN " + sql));
                using var row = (sql == FeedStore.Events ? statement.With("after", 1L).With("limit", 10L) : statement.With("before", 1L)).Query();
                Assert.True(row.Read());
                return row.GetString(3);
            },
            Ct);
        Assert.Contains(index, plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_acknowledged_is_there_after_a_crash_in_the_middle_of_writing()
    {
        var acknowledged = new List<SerialNumber>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writers = Enumerable.Range(0, 8)
            .Select(worker => Task.Run(() => WriteUntilStoppedAsync(worker), Ct))
            .ToArray();

        for (var round = 0; round < 5; round++)
        {
            SerialNumber[] expected;
            lock (acknowledged) expected = [.. acknowledged];
            var copy = Directory.CreateDirectory(Path.Combine(DataDirectory, $"crash-{round}")).FullName;
            // On the writer's thread, in an open transaction: the two files are of one moment, as a crash leaves them.
            await Database.Writer.RunAsync(_ => CopyTo(copy), Ct);
            await using var recovered = await Database.OpenAsync(new DatabaseOptions { DataDirectory = copy }, Ct);
            foreach (var serial in expected) Assert.NotNull(await recovered.Certificates.FindWithDerAsync(serial, Ct));
            await VerifyChainAsync(recovered);
            Assert.Empty(await recovered.Audit.CheckIntegrityAsync(Ct));
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.NotEmpty(acknowledged);

        bool CopyTo(string copy)
        {
            foreach (var file in new[] { "provisioning.db", "provisioning.db-wal" })
                File.Copy(Path.Combine(DataDirectory, file), Path.Combine(copy, file));
            return true;
        }

        async Task WriteUntilStoppedAsync(int worker)
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var issued = await IssueAsync(NewReservation($"pump-{worker}-{i}"));
                lock (acknowledged) acknowledged.Add(issued.SerialNumber);
            }
        }
    }

    [Fact]
    public async Task A_full_disk_stores_nothing_and_works_again_when_there_is_room()
    {
        await WriteAsync("PRAGMA max_page_count = 1");
        var issued = 0;
        StorageUnavailableException? full = null;
        while (full is null && issued < 10_000)
        {
            try
            {
                await IssueAsync(NewReservation($"pump-{issued}"));
                issued++;
            }
            catch (StorageUnavailableException e)
            {
                full = e;
            }
        }

        Assert.NotNull(full);
        Assert.False(full.OutcomeUnknown);
        Assert.False(Database.Failed.IsCompleted);
        await VerifyChainAsync(Database);

        await WriteAsync("PRAGMA max_page_count = 1073741823");
        await IssueAsync(NewReservation("pump-later"));
        Assert.Equal(issued + 1, (await AuditAsync()).Count);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_failed_write_to_the_disk_stops_all_writing_and_says_so()
    {
        var broken = new SqliteException("disk I/O error", 10, 1034);
        var failed = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => Database.Writer.RunAsync<bool>(_ => throw broken, Ct));
        Assert.Same(broken, failed.InnerException);
        Assert.Same(failed, await Database.Failed.WaitAsync(Ct));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => ReserveAsync(NewReservation()));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        var directory = Directory.CreateDirectory(Path.Combine(DataDirectory, "other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "provisioning.db"), new string('x', 8192), Ct);
        await Assert.ThrowsAsync<DatabaseOpenException>(
            () => Database.OpenAsync(new DatabaseOptions { DataDirectory = directory }, Ct));
    }

    [Fact]
    public void Only_the_service_may_read_the_database()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other permissions.");
#pragma warning disable CA1416 // Skipped there.
        foreach (var file in new[] { "provisioning.db", "provisioning.db-wal" })
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Path.Combine(DataDirectory, file)));
        }
#pragma warning restore CA1416
    }
}
