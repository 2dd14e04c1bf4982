using System.Globalization;
using System.Reflection;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Schema;

/// <summary>
/// Brings a database to the newest schema. Every step is one transaction that ends by writing down its number, so that
/// one that was interrupted starts over.
/// </summary>
internal static class Migrations
{
    private static readonly Assembly Here = typeof(Migrations).Assembly;
    private static readonly string Folder = typeof(Migrations).Namespace + ".";

    /// <summary>The schema that this program knows.</summary>
    public static int Newest { get; } = Names().Select(NumberOf).Max();

    /// <exception cref="DatabaseOpenException">The database has a newer schema than this program knows.</exception>
    public static void Apply(IEngine engine, Session session)
    {
        InTransaction(engine, session, () => session.Run(
            "CREATE TABLE IF NOT EXISTS meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)"));
        var version = ReadVersion(session);
        if (version > Newest)
        {
            throw new DatabaseOpenException(
                $"The database has schema {version}, and this program knows only up to {Newest}. It was used by a "
                + "newer version of the service: start that one, or restore a backup from before the upgrade.");
        }

        for (var next = version + 1; next <= Newest; next++) Step(engine, session, next);
    }

    private static void Step(IEngine engine, Session session, int number) => InTransaction(engine, session, () =>
    {
        // 0001_what.sql for both engines, then 0001_what.sqlite.sql or 0001_what.postgres.sql for what they cannot say
        // alike.
        foreach (var name in Names().Where(name => NumberOf(name) == number && IsFor(engine, name)).OrderBy(PartOf))
            session.Run(engine.Adapt(Read(name)));
        session.Run($"""
            INSERT INTO meta (key, value) VALUES ('schema', '{number}')
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """);
    });

    private static void InTransaction(IEngine engine, Session session, Action step)
    {
        session.Run(engine.Begin);
        try
        {
            step();
            session.Run("COMMIT");
        }
        catch
        {
            engine.Rollback(session);
            throw;
        }
    }

    private static int ReadVersion(Session session) =>
        session.Ask("SELECT value FROM meta WHERE key = 'schema'") is string text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : 0;

    private static IEnumerable<string> Names() =>
        Here.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal));

    private static int NumberOf(string name) => int.Parse(name.AsSpan(Folder.Length, 4), CultureInfo.InvariantCulture);

    // Empty for what is said to both engines, which comes first.
    private static string PartOf(string name) => name[Folder.Length..].Split('.') is [_, var part, "sql"] ? part : "";

    private static bool IsFor(IEngine engine, string name) => PartOf(name) is "" || PartOf(name) == engine.Name;

    private static string Read(string name)
    {
        using var reader = new StreamReader(Here.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
