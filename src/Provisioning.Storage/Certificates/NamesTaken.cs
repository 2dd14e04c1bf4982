using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>
/// The names of a certificate that is to be reserved: attributes are said by whoever enrolls a device, and must not give it the name of
/// another one, or of this service.
/// </summary>
internal sealed class NamesTaken(Transaction transaction, Reservation reservation)
{
    private readonly List<string> _new = [];

    /// <summary>Looks for a name that is somebody else's.</summary>
    /// <returns>The refusal, or null.</returns>
    public Refusal? Check()
    {
        foreach (var (name, isShared) in reservation.Names)
        {
            if (ReadHolder(name) is var (kind, holder))
            {
                if (kind == Words.Of(reservation.HolderKind) && holder == reservation.Holder) continue;

                // The service must come up, whoever was first.
                var isOther = !isShared || kind == Words.Of(HolderKind.Service);
                if (isOther && reservation.HolderKind != HolderKind.Service && IsUsed(kind, holder)) return Refusals.NameInUse(name);
            }

            if (!isShared) _new.Add(name);
        }

        return null;
    }

    /// <summary>Takes them.</summary>
    public void Take()
    {
        const string sql = """
            INSERT INTO names (name, holder_kind, holder) VALUES (@name, @holder_kind, @holder)
            ON CONFLICT (name) DO UPDATE SET holder_kind = excluded.holder_kind, holder = excluded.holder
            """;
        foreach (var name in _new)
        {
            transaction.Sql(sql)
                .With("name", name)
                .With("holder_kind", Words.Of(reservation.HolderKind))
                .With("holder", reservation.Holder)
                .Execute();
        }
    }

    private (string Kind, string Holder)? ReadHolder(string name)
    {
        using var row = transaction.Sql("SELECT holder_kind, holder FROM names WHERE name = @name").With("name", name).Query();
        return row.Read() ? (row.GetString(0), row.GetString(1)) : null;
    }

    private bool IsUsed(string kind, string holder)
    {
        const string sql = """
            SELECT 1 FROM certificates WHERE holder = @holder AND holder_kind = @holder_kind AND not_after >= @at
                AND (state = 'reserved' OR state = 'issued' OR state = 'current' OR state = 'held') LIMIT 1
            """;
        using var row = transaction.Sql(sql).With("holder", holder).With("holder_kind", kind).With("at", reservation.At).Query();
        return row.Read();
    }
}
