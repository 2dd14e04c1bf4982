using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Storage.Audit;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Commits;

/// <summary>What an operation may use while it runs on the writer's thread.</summary>
internal sealed class Transaction(Session session, AuditTrail trail)
{
    public Session Session => session;

    public Statement Sql(string text) => session.Sql(text);

    /// <summary>
    /// The sequence number of the next audit entry. Every statement that changes how a certificate stands writes it into the row; so asking
    /// for it says that something changes.
    /// </summary>
    public long NextSequence
    {
        get
        {
            ChangesStatuses = true;
            return trail.Next(session);
        }
    }

    /// <summary>Something was revoked, put on hold or released.</summary>
    public bool ChangesStatuses { get; private set; }

    /// <summary>Appends to the audit chain; the sequence and the hash are filled in here.</summary>
    public void Audit(
        string action, string actor, DateTimeOffset at, HolderKind? kind, string? holder, string? serial,
        string? detail) =>
        trail.Append(session, new AuditEntry
        {
            Sequence = 0,
            At = at,
            Actor = actor,
            Action = action,
            HolderKind = kind,
            Holder = holder,
            SerialNumber = serial,
            Detail = detail,
            Hash = AuditChain.Genesis,
        });

    /// <summary>Appends many entries; the sequences and hashes are filled in here.</summary>
    public void AuditAll(IReadOnlyList<AuditEntry> entries) => trail.AppendAll(session, entries);
}
