using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Lots;

/// <summary>The transactions that open, change and close lots, as <see cref="ILotStore"/> specifies them.</summary>
internal sealed class LotOperations(Transaction transaction, string name, string actor, DateTimeOffset at)
{
    public Outcome<Lot> Open(LotDefinition definition, IReadOnlyList<string> units)
    {
        if (LotRow.Find(transaction, name) is not null) return Refusals.LotExists;
        if (LotRules.CheckOverlap(definition.Range, ReadUnclosed(definition.Group)) is { } taken) return taken;
        const string insert = """
            INSERT INTO lots (name, group_name, definition, revision, quota, listed, opens_at, closes_at, created_at, created_by)
            VALUES (@name, @group, @definition, 1, @quota, @listed, @opens_at, @closes_at, @at, @actor)
            """;
        transaction.Sql(insert)
            .With("name", name)
            .With("group", definition.Group)
            .With("definition", LotRow.ToText(definition))
            .With("quota", definition.Quota)
            .With("listed", units.Count)
            .With("opens_at", definition.OpensAt)
            .With("closes_at", definition.ClosesAt)
            .With("at", at)
            .With("actor", actor)
            .Execute();
        ListedUnits.Add(transaction, name, units);
        Audit(AuditActions.LotOpened, $"{name} quota {definition.Quota}");
        return LotRow.Find(transaction, name)!;
    }

    public Outcome<Lot> Change(Func<Lot, Outcome<LotDefinition>> change, long? revision)
    {
        if (!FindOpen().TryGet(out var now, out var refusal)) return refusal;
        if (revision is not null && revision != now.Revision) return Refusals.LotChanged;
        if (!change(now).TryGet(out var next, out refusal)) return refusal;
        if (LotRules.CheckChange(now, next) is { } bad) return bad;
        var others = ReadUnclosed(next.Group).Where(other => other.Name != name);
        if (LotRules.CheckOverlap(next.Range, others) is { } taken) return taken;
        const string update = """
            UPDATE lots SET definition = @definition, revision = revision + 1, quota = @quota, opens_at = @opens_at, closes_at = @closes_at
            WHERE name = @name
            """;
        transaction.Sql(update)
            .With("definition", LotRow.ToText(next))
            .With("quota", next.Quota)
            .With("opens_at", next.OpensAt)
            .With("closes_at", next.ClosesAt)
            .With("name", name)
            .Execute();
        Audit(AuditActions.LotChanged, $"{name} revision {now.Revision + 1} quota {next.Quota}");
        return LotRow.Find(transaction, name)!;
    }

    public Outcome<Lot> List(IReadOnlyList<string> units)
    {
        if (!FindOpen().TryGet(out var lot, out var refusal)) return refusal;
        if (!lot.Definition.HasList) return LotRules.Bad("list", "The units of this lot are not ordered by a list.");
        var more = units.Count - ListedUnits.Known(transaction, name, units);
        if (more == 0) return lot;
        var most = lot.Definition.Quota + lot.Scrapped;
        if (lot.Listed + more > most)
            return LotRules.Bad("list", $"{lot.Listed} units are listed, and at most {most} can be: those ordered, and one for each scrapped.");
        ListedUnits.Add(transaction, name, units);
        transaction.Sql("UPDATE lots SET listed = listed + @more WHERE name = @name").With("more", more).With("name", name).Execute();
        Audit(AuditActions.LotChanged, $"{name} listed {more} more");
        return lot with { Listed = lot.Listed + more };
    }

    public Outcome<Lot> Close()
    {
        if (LotRow.Find(transaction, name) is not { } lot) return Refusals.NoSuchLot;
        if (lot.ClosedAt is not null) return lot;
        transaction.Sql("UPDATE lots SET closed_at = @at, closed_by = @actor WHERE name = @name")
            .With("at", at)
            .With("actor", actor)
            .With("name", name)
            .Execute();
        Audit(AuditActions.LotClosed, name);
        return LotRow.Find(transaction, name)!;
    }

    public string KeepReport(string report)
    {
        using (var row = transaction.Sql("SELECT report FROM lots WHERE name = @name").With("name", name).Query())
        {
            if (!row.Read()) throw new InvalidOperationException($"There is no lot '{name}' to keep a report of.");
            if (!row.IsDBNull(0)) return row.GetString(0);
        }

        transaction.Sql("UPDATE lots SET report = @report WHERE name = @name").With("report", report).With("name", name).Execute();
        Audit(AuditActions.LotReported, $"{name} {Digest.Of(System.Text.Encoding.ASCII.GetBytes(report))}");
        return report;
    }

    private Outcome<Lot> FindOpen() => LotRow.Find(transaction, name) switch
    {
        null => Refusals.NoSuchLot,
        { ClosedAt: not null } => Refusals.LotIsClosed,
        var lot => lot,
    };

    private List<Lot> ReadUnclosed(string group)
    {
        const string sql = $"SELECT {LotRow.Columns} FROM lots l WHERE l.group_name = @group AND l.closed_at IS NULL ORDER BY l.name";
        using var row = transaction.Sql(sql).With("group", group).Query();
        var lots = new List<Lot>();
        while (row.Read()) lots.Add(LotRow.Read(row));
        return lots;
    }

    private void Audit(string action, string detail) => transaction.Audit(action, actor, at, null, null, null, detail);
}
