using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Lots;

/// <summary>The list of a lot, written many rows at a time: a page of thousands must not hold up the one writer.</summary>
internal static class ListedUnits
{
    private const int Rows = 100;

    private static readonly string[] Names = [.. Enumerable.Range(0, Rows).Select(i => $"unit{i}")];

    private static readonly string CountKnown = string.Intern($"""
        SELECT COUNT(*) FROM lot_units WHERE lot = @lot AND is_listed = 1 AND device_id IN ({string.Join(", ", Names.Select(name => "@" + name))})
        """);

    private static readonly string Insert = string.Intern($"""
        INSERT INTO lot_units (lot, device_id, is_listed) VALUES {string.Join(", ", Names.Select(name => $"(@lot, @{name}, 1)"))}
        ON CONFLICT (lot, device_id) DO NOTHING
        """);

    /// <summary>How many of them are on the list already.</summary>
    public static long Known(Transaction transaction, string lot, IReadOnlyList<string> units)
    {
        var known = 0L;
        for (var from = 0; from < units.Count; from += Rows)
        {
            var statement = transaction.Sql(CountKnown).With("lot", lot);
            for (var i = 0; i < Rows; i++) statement = statement.With(Names[i], At(units, from + i));
            using var row = statement.Query();
            row.Read();
            known += row.GetInt64(0);
        }

        return known;
    }

    /// <summary>Puts them on the list; those that are on it stay as they are.</summary>
    public static void Add(Transaction transaction, string lot, IReadOnlyList<string> units)
    {
        for (var from = 0; from < units.Count; from += Rows)
        {
            var statement = transaction.Sql(Insert).With("lot", lot);
            for (var i = 0; i < Rows; i++) statement = statement.With(Names[i], At(units, from + i));
            statement.Execute();
        }
    }

    // The last rows are filled up with the last unit: once it is there, it is there.
    private static string At(IReadOnlyList<string> units, int index) => units[Math.Min(index, units.Count - 1)];
}
