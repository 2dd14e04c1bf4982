using Microsoft.Data.Sqlite;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Sessions;
using SQLitePCL;

namespace Provisioning.Tests.Storage;

public sealed class CommitterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-committer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task When_the_lost_connection_cannot_be_opened_again_for_any_reason_the_next_batch_tries_it()
    {
        var engine = new UnluckyEngine(new SqliteEngine(Path.Combine(_folder, "provisioning.db")));
        using var metrics = new CommitMetrics(() => 0);
        var committer = new Committer(engine, engine.OpenWriter(), metrics);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => RunAsync(_ => throw new InvalidTimeZoneException("the connection broke")));
        engine.OpeningFails = true;
        var closed = await Assert.ThrowsAsync<StorageUnavailableException>(() => RunAsync(_ => true));
        engine.OpeningFails = false;

        Assert.IsType<InvalidTimeZoneException>(closed.InnerException);
        Assert.False(closed.OutcomeUnknown);
        Assert.True(await RunAsync(_ => true));
        committer.Close(healthy: true);

        Task<bool> RunAsync(Func<Transaction, bool> work)
        {
            var operation = new Operation<bool>(work, CancellationToken.None);
            Assert.Null(committer.Commit([operation]));
            return operation.Task;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_a_revocation_is_committed_there_is_no_version_of_the_statuses_and_afterwards_another_one(bool fails)
    {
        var engine = new SqliteEngine(Path.Combine(_folder, "provisioning.db"));
        using var metrics = new CommitMetrics(() => 0);
        var session = engine.OpenWriter();
        session.Run("CREATE TABLE audit (sequence BIGINT, hash BLOB)");
        session.Run("CREATE TABLE certificates (state TEXT)");
        var statuses = new StatusVersion();
        var committer = new Committer(engine, session, metrics, null, statuses);
        var (before, during, isToFail) = (statuses.Current, new List<long?>(), false);
        raw.sqlite3_commit_hook(
            ((SqliteConnection)session.Connection).Handle,
            _ =>
            {
                during.Add(statuses.Current);
                return isToFail ? 1 : 0;
            },
            null);

        // What changes no status leaves the version as it is.
        await WriteAsync(isRevocation: false);
        Assert.Equal([before], during);
        Assert.Equal(before, statuses.Current);

        isToFail = fails;
        var revocation = WriteAsync(isRevocation: true);
        if (fails) await Assert.ThrowsAsync<StorageUnavailableException>(() => revocation);
        else await revocation;
        Assert.Equal([before, null], during);
        Assert.NotNull(statuses.Current);
        Assert.NotEqual(before, statuses.Current);
        committer.Close(healthy: true);

        Task<bool> WriteAsync(bool isRevocation)
        {
            var operation = new Operation<bool>(
                transaction =>
                {
                    if (isRevocation) _ = transaction.NextSequence;
                    transaction.Sql("INSERT INTO certificates VALUES ('current')").Execute();
                    return true;
                },
                CancellationToken.None);
            Assert.Null(committer.Commit([operation]));
            return operation.Task;
        }
    }

    /// <summary>SQLite whose connection is lost by every failure, as one over a network may be.</summary>
    private sealed class UnluckyEngine(SqliteEngine engine) : IEngine
    {
        public bool OpeningFails { get; set; }

        public string Name => engine.Name;

        public string Begin => engine.Begin;

        public int MaxReaders => engine.MaxReaders;

        public string Adapt(string schema) => engine.Adapt(schema);

        public Session OpenWriter() => OpeningFails ? throw new InvalidTimeZoneException("no connection") : engine.OpenWriter();

        public ValueTask<Session> OpenReaderAsync(CancellationToken ct) => engine.OpenReaderAsync(ct);

        public string Describe(Session session) => engine.Describe(session);

        public Trouble Judge(Exception exception, Session session) =>
            session.IsOpen ? Trouble.ConnectionLost : throw new InvalidOperationException("not asked of what is closed");

        public void Rollback(Session session) => engine.Rollback(session);

        public void Maintain(Session session, bool idle) => engine.Maintain(session, idle);

        public void Finish(Session session) => engine.Finish(session);

        public Task<IReadOnlyList<string>> CheckIntegrityAsync(Session session, CancellationToken ct) =>
            engine.CheckIntegrityAsync(session, ct);
    }
}
