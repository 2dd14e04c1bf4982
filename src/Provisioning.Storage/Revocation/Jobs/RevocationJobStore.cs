using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <inheritdoc/>
internal sealed class RevocationJobStore(Writer writer, Readers readers) : IRevocationJobStore
{
    private const string ByToken = $"SELECT {RevocationJobRow.Columns} FROM revocation_jobs j WHERE j.token_hash = @token_hash";

    private const string Overdue = "SELECT id, done FROM revocation_jobs WHERE state = 'waiting' AND created_at <= @before ORDER BY id";

    private static Refusal NoSuchJob { get; } = new(RefusalCode.NotFound, "There is no such revocation job.");

    public ValueTask<RevocationCount> CountAsync(RevocationOrder order, DateTimeOffset at, CancellationToken ct) =>
        readers.ReadAsync(RevocationCounting.CountAsync, (order, at), ct);

    public async Task AddOfferAsync(RevocationOffer offer, CancellationToken ct) =>
        await writer.RunAsync(transaction => AddOffer(transaction, offer), ct);

    public ValueTask<RevocationOffer?> FindOfferAsync(Digest tokenHash, CancellationToken ct) => readers.ReadAsync(
        static async (session, hash, ct) =>
        {
            const string sql = """
                SELECT kind, reason, definition, certificates, created_at, created_by, expires_at
                FROM revocation_previews WHERE token_hash = @token_hash
                """;
            await using var row = await session.Sql(sql).With("token_hash", hash.ToOctets()).QueryAsync(ct);
            if (!await row.ReadAsync(ct)) return null;
            return DamagedRows.ReadOrLeaveOut("revocation_previews", () => ReadOffer(row, hash), hash.ToString);
        },
        tokenHash,
        ct);

    public ValueTask<RevocationJob?> FindConfirmedAsync(Digest tokenHash, CancellationToken ct) => readers.ReadAsync(
        static async (session, hash, ct) =>
        {
            await using var row = await session.Sql(ByToken).With("token_hash", hash.ToOctets()).QueryAsync(ct);
            return await row.ReadAsync(ct) ? RevocationJobRow.Read(row).Job : null;
        },
        tokenHash,
        ct);

    public Task<Outcome<RevocationJob>> ConfirmAsync(
        RevocationOffer offer, string id, long certificates, bool waits, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Confirm(transaction, offer, id, certificates, waits, at), ct);

    public Task<Outcome<RevocationJob>> ApproveAsync(string id, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Approve(transaction, id, actor, at), ct);

    public Task<Outcome<RevocationJob>> StopAsync(string id, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Stop(transaction, id, actor, at), ct);

    public async Task<IReadOnlyList<string>> StopOverdueAsync(DateTimeOffset confirmedBefore, DateTimeOffset at, CancellationToken ct)
    {
        // Asked beside the writer first: there hardly ever is one.
        var isAny = await readers.ReadAsync(
            static async (session, before, ct) =>
            {
                await using var row = await session.Sql(Overdue).With("before", before).QueryAsync(ct);
                return await row.ReadAsync(ct);
            },
            confirmedBefore,
            ct);
        return isAny ? await writer.RunAsync(transaction => StopOverdue(transaction, confirmedBefore, at), ct) : [];
    }

    public async ValueTask<RevocationJob?> FindJobAsync(string id, CancellationToken ct) =>
        (await readers.ReadAsync(RevocationJobRow.FindAsync, id, ct))?.Job;

    public async Task<Page<RevocationJob>> ListJobsAsync(int limit, Cursor? cursor, CancellationToken ct) =>
        await readers.ReadAsync(ListAsync, (limit, cursor), ct);

    public async Task<IReadOnlyList<string>> ListRunningAsync(CancellationToken ct)
    {
        return await readers.ReadAsync(
            static async (session, _, ct) =>
            {
                var ids = new List<string>();
                await using var row = await session.Sql("SELECT id FROM revocation_jobs WHERE state = 'running' ORDER BY id").QueryAsync(ct);
                while (await row.ReadAsync(ct)) ids.Add(row.GetString(0));
                return ids;
            },
            (object?)null,
            ct);
    }

    public async Task<RevocationStep> AdvanceAsync(string id, string worker, DateTimeOffset at, CancellationToken ct)
    {
        if (await readers.ReadAsync(RevocationJobRow.FindAsync, id, ct) is not { } job) return NothingOf(null);
        if (job.Job.State != RevocationJobState.Running) return NothingOf(job.Job);
        var part = await readers.ReadAsync(RevocationPart.PlanAsync, (job, at), ct);
        return await writer.RunAsync(transaction => new RevocationPartOperation(transaction, job, part, worker, at).Run(), ct);
    }

    private static RevocationStep NothingOf(RevocationJob? job) => new(job, 0, new HashSet<string>(), MustWait: false);

    private static int AddOffer(Transaction transaction, RevocationOffer offer)
    {
        transaction.Sql("DELETE FROM revocation_previews WHERE expires_at <= @now").With("now", offer.CreatedAt).Execute();
        const string sql = """
            INSERT INTO revocation_previews (token_hash, kind, reason, definition, certificates, created_at, created_by, expires_at)
            VALUES (@token_hash, @kind, @reason, @definition, @certificates, @created_at, @created_by, @expires_at)
            """;
        return transaction.Sql(sql)
            .With("token_hash", offer.TokenHash.ToOctets())
            .With("kind", Words.Of(offer.Order.Kind))
            .With("reason", (long?)offer.Order.Reason)
            .With("definition", RevocationJobRow.ToText(offer.Order.Filter))
            .With("certificates", offer.Certificates)
            .With("created_at", offer.CreatedAt)
            .With("created_by", offer.CreatedBy)
            .With("expires_at", offer.ExpiresAt)
            .Execute();
    }

    private static RevocationOffer ReadOffer(DbDataReader row, Digest hash) => new()
    {
        TokenHash = hash,
        Order = new RevocationOrder(
            Words.ToRevocationJobKind(row.GetString(0)),
            row.IsDBNull(1) ? null : (RevocationReason)row.GetInt64(1),
            RevocationJobRow.ToFilter(row.GetString(2))),
        Certificates = row.GetInt64(3),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
        CreatedBy = row.GetString(5),
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
    };

    private static Outcome<RevocationJob> Confirm(
        Transaction transaction, RevocationOffer offer, string id, long certificates, bool waits, DateTimeOffset at)
    {
        using (var row = transaction.Sql(ByToken).With("token_hash", offer.TokenHash.ToOctets()).Query())
            if (row.Read()) return RevocationJobRow.Read(row).Job;
        var used = transaction.Sql("DELETE FROM revocation_previews WHERE token_hash = @token_hash")
            .With("token_hash", offer.TokenHash.ToOctets())
            .Execute();
        if (used == 0) return new Refusal(RefusalCode.BadConfirmation, "The preview has expired. Preview it again.");

        const string sql = """
            INSERT INTO revocation_jobs (id, number, token_hash, kind, reason, definition, state, previewed, certificates, created_at, created_by, until_at)
            SELECT @id, COALESCE(MAX(number), 0) + 1, @token_hash, @kind, @reason, @definition, @state, @previewed, @certificates,
                @created_at, @created_by, @until
            FROM revocation_jobs
            """;
        transaction.Sql(sql)
            .With("id", id)
            .With("token_hash", offer.TokenHash.ToOctets())
            .With("kind", Words.Of(offer.Order.Kind))
            .With("reason", (long?)offer.Order.Reason)
            .With("definition", RevocationJobRow.ToText(offer.Order.Filter))
            .With("state", Words.Of(waits ? RevocationJobState.Waiting : RevocationJobState.Running))
            .With("previewed", offer.Certificates)
            .With("certificates", certificates)
            .With("created_at", at)
            .With("created_by", offer.CreatedBy)
            .With("until", waits ? null : at.ToUnixTimeMilliseconds())
            .Execute();
        var what = offer.Order.Reason is { } reason ? RevocationReasons.ToText(reason) : "release";
        transaction.Audit(AuditActions.RevocationJobConfirmed, offer.CreatedBy, at, null, null, null, $"{id} {what} {certificates}");
        return RevocationJobRow.Find(transaction, id)!.Job;
    }

    private static Outcome<RevocationJob> Approve(Transaction transaction, string id, string actor, DateTimeOffset at)
    {
        if (RevocationJobRow.Find(transaction, id)?.Job is not { } job) return NoSuchJob;
        if (job.State != RevocationJobState.Waiting) return job;
        if (job.CreatedBy == actor) return new Refusal(RefusalCode.NotAllowed, "Another administrator than the one who confirmed the job must agree.");
        transaction.Sql("""
            UPDATE revocation_jobs SET state = 'running', approved_at = @at, approved_by = @actor, until_at = @at WHERE id = @id
            """)
            .With("at", at)
            .With("actor", actor)
            .With("id", id)
            .Execute();
        transaction.Audit(AuditActions.RevocationJobApproved, actor, at, null, null, null, id);
        return RevocationJobRow.Find(transaction, id)!.Job;
    }

    private static Outcome<RevocationJob> Stop(Transaction transaction, string id, string actor, DateTimeOffset at)
    {
        // Whatever else is on record of it: one that is damaged can be ended too.
        bool isOver;
        long done;
        using (var row = transaction.Sql("SELECT state, done FROM revocation_jobs WHERE id = @id").With("id", id).Query())
        {
            if (!row.Read()) return NoSuchJob;
            (isOver, done) = (row.GetString(0) is "finished" or "stopped", row.GetInt64(1));
        }

        if (!isOver) Stop(transaction, id, done, actor, at);
        using var over = transaction.Sql(RevocationJobRow.ById).With("id", id).Query();
        over.Read();
        return RevocationJobRow.ReadOver(over);
    }

    private static void Stop(Transaction transaction, string id, long done, string actor, DateTimeOffset at)
    {
        transaction.Sql("UPDATE revocation_jobs SET state = 'stopped', ended_at = @at, stopped_by = @actor WHERE id = @id")
            .With("at", at)
            .With("actor", actor)
            .With("id", id)
            .Execute();
        transaction.Audit(AuditActions.RevocationJobStopped, actor, at, null, null, null, $"{id} {done}");
    }

    private static IReadOnlyList<string> StopOverdue(Transaction transaction, DateTimeOffset before, DateTimeOffset at)
    {
        var overdue = new List<(string Id, long Done)>();
        using (var row = transaction.Sql(Overdue).With("before", before).Query())
            while (row.Read()) overdue.Add((row.GetString(0), row.GetInt64(1)));
        foreach (var (id, done) in overdue) Stop(transaction, id, done, "service", at);
        return [.. overdue.Select(job => job.Id)];
    }

    private static async ValueTask<Page<RevocationJob>> ListAsync(Session session, (int Limit, Cursor? Cursor) query, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {RevocationJobRow.Columns} FROM revocation_jobs j
            WHERE (j.created_at, j.id) < (@created_at, @after) ORDER BY j.created_at DESC, j.id DESC LIMIT @limit
            """;
        var items = new List<RevocationJob>();
        var (createdAt, after) = (query.Cursor?.Number ?? long.MaxValue, query.Cursor?.Text ?? "");
        int read;
        do
        {
            // What is left out must not make a page look like the last one.
            read = 0;
            await using var row = await session.Sql(sql)
                .With("created_at", createdAt)
                .With("after", after)
                .With("limit", query.Limit + 1)
                .QueryAsync(ct);
            for (; items.Count <= query.Limit && await row.ReadAsync(ct); read++)
            {
                (createdAt, after) = (row.GetInt64(14), row.GetString(0));
                if (RevocationJobRow.TryRead(row) is { } one) items.Add(one.Job);
            }
        }
        while (read == query.Limit + 1 && items.Count <= query.Limit);
        return Paging.ToPage(items, query.Limit, last => new Cursor(last.CreatedAt.ToUnixTimeMilliseconds(), last.Id));
    }
}
