using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Audit;

/// <summary>
/// The head of the audit chain. Read once and then kept, which is safe because nobody else writes to the database;
/// forgotten whenever a transaction did not commit.
/// </summary>
internal sealed class AuditTrail
{
    private (long Sequence, Digest Hash)? _head;

    private bool _hasEvents;

    public void Forget() => (_head, _hasEvents) = (null, false);

    /// <summary>Whether the transaction has entries that relying parties are told of. Asked once, when it is durable.</summary>
    public bool TakeEvents()
    {
        var had = _hasEvents;
        _hasEvents = false;
        return had;
    }

    public long Next(Session session) => (_head ??= ReadHead(session)).Sequence + 1;

    public void Append(Session session, AuditEntry draft)
    {
        var (sequence, previous) = _head ?? ReadHead(session);
        var entry = draft with { Sequence = sequence + 1 };
        var hash = AuditChain.Hash(previous, entry);
        const string insert = """
            INSERT INTO audit (sequence, at, actor, action, holder_kind, holder, serial, detail, hash)
            VALUES (@sequence, @at, @actor, @action, @holder_kind, @holder, @serial, @detail, @hash)
            """;
        session.Sql(insert)
            .With("sequence", entry.Sequence)
            .With("at", entry.At)
            .With("actor", entry.Actor)
            .With("action", entry.Action)
            .With("holder_kind", entry.HolderKind is { } kind ? Words.Of(kind) : null)
            .With("holder", entry.Holder)
            .With("serial", entry.SerialNumber)
            .With("detail", entry.Detail)
            .With("hash", hash.ToOctets())
            .Execute();
        _head = (entry.Sequence, hash);
        _hasEvents |= FeedEventKinds.OfAction(entry.Action) is not null;
    }

    private static (long, Digest) ReadHead(Session session)
    {
        using var reader = session.Sql("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").Query();
        return reader.Read()
            ? (reader.GetInt64(0), Digest.FromOctets(reader.GetFieldValue<byte[]>(1)))
            : (0, AuditChain.Genesis);
    }
}
