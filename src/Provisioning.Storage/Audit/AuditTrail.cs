using System.Data.Common;
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
    /// <summary>The last entry, for <see cref="ReadHead(DbDataReader)"/>.</summary>
    public const string Head = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1";

    // SQLite finds a parameter by its name among all of a statement, so that many rows at once would cost more than they save; what is saved
    // is the way to PostgreSQL.
    private const int Block = 8;

    private static readonly string[] Fields = ["sequence", "at", "actor", "action", "holder_kind", "holder", "serial", "detail", "hash"];

    private static readonly string[][] Names =
        [.. Enumerable.Range(0, Block).Select(i => Fields.Select(field => $"{field}_{i}").ToArray())];

    private static readonly string InsertBlock = string.Intern(
        $"INSERT INTO audit ({string.Join(", ", Fields)}) VALUES "
        + string.Join(", ", Names.Select(names => $"({string.Join(", ", names.Select(name => "@" + name))})")));

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

    public void AppendAll(Session session, IReadOnlyList<AuditEntry> drafts)
    {
        var done = 0;
        for (; done + Block <= drafts.Count; done += Block) AppendBlock(session, drafts, done);
        for (; done < drafts.Count; done++) Append(session, drafts[done]);
    }

    private void AppendBlock(Session session, IReadOnlyList<AuditEntry> drafts, int from)
    {
        var (sequence, hash) = _head ?? ReadHead(session);
        var statement = session.Sql(InsertBlock);
        for (var i = 0; i < Block; i++)
        {
            var entry = drafts[from + i] with { Sequence = ++sequence };
            hash = AuditChain.Hash(hash, entry);
            var names = Names[i];
            statement.With(names[0], entry.Sequence)
                .With(names[1], entry.At)
                .With(names[2], entry.Actor)
                .With(names[3], entry.Action)
                .With(names[4], entry.HolderKind is { } kind ? Words.Of(kind) : null)
                .With(names[5], entry.Holder)
                .With(names[6], entry.SerialNumber)
                .With(names[7], entry.Detail)
                .With(names[8], hash.ToOctets());
            _hasEvents |= FeedEventKinds.OfAction(entry.Action) is not null;
        }

        statement.Execute();
        _head = (sequence, hash);
    }

    public static AuditAnchor ReadHead(DbDataReader row) => new(row.GetInt64(0), Digest.FromOctets(row.GetFieldValue<byte[]>(1)));

    private static (long, Digest) ReadHead(Session session)
    {
        using var row = session.Sql(Head).Query();
        return row.Read() && ReadHead(row) is var (sequence, hash) ? (sequence, hash) : (0, AuditChain.Genesis);
    }
}
