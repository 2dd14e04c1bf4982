using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Campaigns;

/// <inheritdoc/>
internal sealed class CampaignStore(Writer writer, Readers readers) : ICampaignStore
{
    private const string Columns = """
        p.id, p.group_name, p.reason, p.starts_at, p.ends_at, p.certificates, p.created_at, p.created_by, p.stopped_at, p.stopped_by
        """;

    private const string ById = $"SELECT {Columns} FROM campaigns p WHERE p.id = @id";

    private const string Old = """
        c.group_name = @group AND c.reserved_at < @starts_at AND c.not_after >= @at AND c.holder_kind = 'device' AND c.state = 'current'
        """;

    private const string IsRenewed = """
        EXISTS (SELECT 1 FROM certificates n WHERE n.holder = c.holder AND n.slot = c.slot AND n.holder_kind = 'device' AND n.state = 'issued')
        """;

    public Task<Outcome<Campaign>> AddCampaignAsync(Campaign campaign, CancellationToken ct) =>
        writer.RunAsync(transaction => Add(transaction, campaign), ct);

    public Task<Outcome<Campaign>> StopCampaignAsync(string id, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => Stop(transaction, id, actor, at), ct);

    public ValueTask<Campaign?> FindCampaignAsync(string id, CancellationToken ct) => readers.ReadAsync(
        static async (session, id, ct) =>
        {
            await using var row = await session.Sql(ById).With("id", id).QueryAsync(ct);
            return await row.ReadAsync(ct) ? Read(row) : null;
        },
        id,
        ct);

    public async Task<IReadOnlyList<Campaign>> ListActiveAsync(CancellationToken ct)
    {
        var all = new List<Campaign>();
        var rows = readers.StreamAsync(
            session => session.Sql($"SELECT {Columns} FROM campaigns p WHERE p.stopped_at IS NULL ORDER BY p.group_name"), Read, ct);
        await foreach (var one in rows) all.Add(one);
        return all;
    }

    public async Task<Page<Campaign>> ListCampaignsAsync(string group, int limit, Cursor? cursor, CancellationToken ct) =>
        await readers.ReadAsync(ListAsync, (group, limit, cursor), ct);

    public ValueTask<CampaignProgress> CountAsync(Campaign campaign, DateTimeOffset at, CancellationToken ct) =>
        readers.ReadAsync(CountAsync, (campaign, at), ct);

    public async Task<Page<Straggler>> ListStragglersAsync(
        Campaign campaign, DateTimeOffset at, int limit, Cursor? cursor, CancellationToken ct) =>
        await readers.ReadAsync(ListStragglersAsync, (campaign, at, limit, cursor), ct);

    private static Outcome<Campaign> Add(Transaction transaction, Campaign campaign)
    {
        if (FindActive(transaction, campaign.Group) is { } other)
        {
            if (other.StateAt(campaign.CreatedAt) != CampaignState.Over)
                return new Refusal(RefusalCode.CampaignRunning, $"The campaign {other.Id} of this group is not over. Stop it first.");
            Close(transaction, other.Id, "service", other.EndsAt);
        }

        const string sql = """
            INSERT INTO campaigns (id, group_name, reason, starts_at, ends_at, certificates, created_at, created_by)
            VALUES (@id, @group, @reason, @starts_at, @ends_at, @certificates, @created_at, @created_by)
            """;
        transaction.Sql(sql)
            .With("id", campaign.Id)
            .With("group", campaign.Group)
            .With("reason", campaign.Reason)
            .With("starts_at", campaign.StartsAt)
            .With("ends_at", campaign.EndsAt)
            .With("certificates", campaign.Certificates)
            .With("created_at", campaign.CreatedAt)
            .With("created_by", campaign.CreatedBy)
            .Execute();
        transaction.Audit(
            AuditActions.CampaignStarted, campaign.CreatedBy, campaign.CreatedAt, null, null, null,
            $"{campaign.Group} {campaign.Id} {campaign.Certificates}: {campaign.Reason}");
        return campaign;
    }

    private static Outcome<Campaign> Stop(Transaction transaction, string id, string actor, DateTimeOffset at)
    {
        Campaign? known;
        using (var row = transaction.Sql(ById).With("id", id).Query()) known = row.Read() ? Read(row) : null;
        if (known is null) return new Refusal(RefusalCode.NotFound, "There is no such campaign.");
        if (known.StoppedAt is not null) return known;
        Close(transaction, id, actor, at);
        transaction.Audit(AuditActions.CampaignStopped, actor, at, null, null, null, $"{known.Group} {id}");
        return known with { StoppedAt = at, StoppedBy = actor };
    }

    private static void Close(Transaction transaction, string id, string actor, DateTimeOffset at) =>
        transaction.Sql("UPDATE campaigns SET stopped_at = @at, stopped_by = @actor WHERE id = @id")
            .With("at", at)
            .With("actor", actor)
            .With("id", id)
            .Execute();

    private static Campaign? FindActive(Transaction transaction, string group)
    {
        using var row = transaction.Sql($"SELECT {Columns} FROM campaigns p WHERE p.group_name = @group AND p.stopped_at IS NULL")
            .With("group", group)
            .Query();
        return row.Read() ? Read(row) : null;
    }

    private static async ValueTask<CampaignProgress> CountAsync(
        Session session, (Campaign Campaign, DateTimeOffset At) of, CancellationToken ct)
    {
        const string sql = $"""
            SELECT (SELECT COUNT(*) FROM certificates c WHERE {Old}),
                (SELECT COUNT(*) FROM certificates n WHERE n.group_name = @group AND n.holder_kind = 'device' AND n.state = 'issued'
                    AND EXISTS (SELECT 1 FROM certificates c WHERE {Old} AND c.holder = n.holder AND c.slot = n.slot))
            """;
        await using var row = await session.Sql(sql)
            .With("group", of.Campaign.Group)
            .With("starts_at", of.Campaign.StartsAt)
            .With("at", of.At)
            .QueryAsync(ct);
        await row.ReadAsync(ct);
        return new CampaignProgress(row.GetInt64(0), row.GetInt64(1));
    }

    private static async ValueTask<Page<Campaign>> ListAsync(
        Session session, (string Group, int Limit, Cursor? Cursor) query, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {Columns} FROM campaigns p
            WHERE p.group_name = @group AND (p.created_at, p.id) < (@created_at, @after)
            ORDER BY p.created_at DESC, p.id DESC LIMIT @limit
            """;
        await using var row = await session.Sql(sql)
            .With("group", query.Group)
            .With("created_at", query.Cursor?.Number ?? long.MaxValue)
            .With("after", query.Cursor?.Text ?? "")
            .With("limit", query.Limit + 1)
            .QueryAsync(ct);
        var items = new List<Campaign>();
        while (await row.ReadAsync(ct)) items.Add(Read(row));
        return Paging.ToPage(items, query.Limit, last => new Cursor(last.CreatedAt.ToUnixTimeMilliseconds(), last.Id));
    }

    private static async ValueTask<Page<Straggler>> ListStragglersAsync(
        Session session, (Campaign Campaign, DateTimeOffset At, int Limit, Cursor? Cursor) query, CancellationToken ct)
    {
        const string sql = $"""
            SELECT {CertificateRow.Columns}, {IsRenewed} FROM certificates c
            WHERE {Old} AND (c.reserved_at, c.serial) > (@reserved_at, @after)
            ORDER BY c.reserved_at, c.serial LIMIT @limit
            """;
        var after = query.Cursor is { } cursor && SerialNumber.TryParse(cursor.Text, out var serial) ? serial.ToOctets() : [];
        await using var row = await session.Sql(sql)
            .With("group", query.Campaign.Group)
            .With("starts_at", query.Campaign.StartsAt)
            .With("at", query.At)
            .With("reserved_at", query.Cursor?.Number ?? long.MinValue)
            .With("after", after)
            .With("limit", query.Limit + 1)
            .QueryAsync(ct);
        var items = new List<Straggler>();
        while (await row.ReadAsync(ct)) items.Add(new Straggler(CertificateRow.Read(row), row.GetBoolean(CertificateRow.Count)));
        return Paging.ToPage(items, query.Limit, last => new Cursor(
            last.Certificate.ReservedAt.ToUnixTimeMilliseconds(), last.Certificate.SerialNumber.ToString()));
    }

    private static Campaign Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        Group = row.GetString(1),
        Reason = row.GetString(2),
        StartsAt = Time(row, 3),
        EndsAt = Time(row, 4),
        Certificates = row.GetInt64(5),
        CreatedAt = Time(row, 6),
        CreatedBy = row.GetString(7),
        StoppedAt = row.IsDBNull(8) ? null : Time(row, 8),
        StoppedBy = row.IsDBNull(9) ? null : row.GetString(9),
    };

    private static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
