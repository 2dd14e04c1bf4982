using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Storage.Audit;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Expiry;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation;

/// <inheritdoc/>
internal sealed class FeedStore(Readers readers) : IFeedStore
{
    /// <summary>The condition of the index <c>audit_events</c>, word for word.</summary>
    internal const string IsEvent = """
        action IN ('certificate-revoked', 'certificate-held', 'hold-released',
            'device-suspended', 'device-resumed', 'device-quarantined', 'device-released', 'device-decommissioned',
            'renewal-late', 'authority-expiring')
        """;

    internal const string Events = $"""
        SELECT {AuditRow.Columns} FROM audit WHERE sequence > @after AND {IsEvent} ORDER BY sequence LIMIT @limit
        """;

    private const string Head = "SELECT COALESCE(MAX(sequence), 0) FROM audit";

    internal const string LastEvents = $"SELECT {AuditRow.Columns} FROM audit WHERE sequence < @before AND {IsEvent} ORDER BY sequence DESC LIMIT 5";

    private const string Behind = $"""
        SELECT COUNT(*) FROM (SELECT sequence FROM audit WHERE sequence > @after AND {IsEvent} ORDER BY sequence LIMIT @limit) AS behind
        """;

    public ValueTask<IReadOnlyList<FeedEvent>> ReadEventsAsync(long after, int limit, CancellationToken ct) =>
        readers.ReadAsync(ReadAsync, (after, limit), ct);

    public ValueTask<long> ReadHeadAsync(CancellationToken ct) => readers.ReadAsync(ReadHeadAsync, (object?)null, ct);

    public ValueTask<long> ReadLastEventAsync(CancellationToken ct) => readers.ReadAsync(ReadLastAsync, (object?)null, ct);

    public ValueTask<long> CountEventsAsync(long after, int limit, CancellationToken ct) => readers.ReadAsync(CountAsync, (after, limit), ct);

    private static async ValueTask<long> CountAsync(Session session, (long After, int Limit) of, CancellationToken ct)
    {
        await using var row = await session.Sql(Behind).With("after", of.After).With("limit", (long)of.Limit).QueryAsync(ct);
        return await row.ReadAsync(ct) ? row.GetInt64(0) : 0;
    }

    private static async ValueTask<IReadOnlyList<FeedEvent>> ReadAsync(Session session, (long After, int Limit) of, CancellationToken ct)
    {
        // Fewer than the limit mean that there are no more, so what is left out must not count.
        var entries = new List<AuditEntry>();
        int read;
        do
        {
            read = 0;
            await using var row = await session.Sql(Events).With("after", of.After).With("limit", (long)of.Limit).QueryAsync(ct);
            for (; entries.Count < of.Limit && await row.ReadAsync(ct); read++)
            {
                of.After = row.GetInt64(0);
                if (AuditRow.TryRead(row) is { } entry) entries.Add(entry);
            }
        }
        while (read == of.Limit && entries.Count < of.Limit);

        // By key, one after the other: the audit has serial numbers as text, which no engine joins to octets as the other does.
        var events = new List<FeedEvent>(entries.Count);
        foreach (var entry in entries)
        {
            var certificate = SerialNumber.TryParse(entry.SerialNumber, out var serial) ? await CertificateRow.TryFindAsync(session, serial, ct) : null;
            events.Add(ToEvent(entry, certificate));
        }

        return events;
    }

    private static FeedEvent ToEvent(AuditEntry entry, CertificateRecord? certificate)
    {
        var kind = FeedEventKinds.OfAction(entry.Action) ?? throw new InvalidOperationException($"'{entry.Action}' is no event.");
        return new FeedEvent
        {
            Sequence = entry.Sequence,
            At = entry.At,
            Kind = kind,
            HolderKind = entry.HolderKind,
            Holder = entry.Holder,
            SerialNumber = entry.SerialNumber,
            Authority = kind == FeedEventKind.AuthorityExpiring ? entry.Holder : certificate?.Authority,
            NotAfter = kind == FeedEventKind.AuthorityExpiring ? ExpiryStore.EndOf(entry.Detail) : certificate?.NotAfter,
            Certificate = certificate,
            Reason = kind switch
            {
                FeedEventKind.CertificateHeld => RevocationReason.CertificateHold,
                FeedEventKind.CertificateRevoked when RevocationReasons.TryParse(entry.Detail, out var reason) => reason,
                _ => null,
            },
        };
    }

    private static async ValueTask<long> ReadHeadAsync(Session session, object? nothing, CancellationToken ct)
    {
        await using var row = await session.Sql(Head).QueryAsync(ct);
        return await row.ReadAsync(ct) ? row.GetInt64(0) : 0;
    }

    // One that cannot be read is told to nobody: whoever waited for it would wait for ever.
    private static async ValueTask<long> ReadLastAsync(Session session, object? nothing, CancellationToken ct)
    {
        var before = long.MaxValue;
        while (true)
        {
            await using var row = await session.Sql(LastEvents).With("before", before).QueryAsync(ct);
            if (!await row.ReadAsync(ct)) return 0;
            do
            {
                before = row.GetInt64(0);
                if (AuditRow.TryRead(row) is not null) return before;
            }
            while (await row.ReadAsync(ct));
        }
    }
}
