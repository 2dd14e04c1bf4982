using System.Data.Common;
using System.Text.Json;
using Provisioning.Core.Lots;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Lots;

/// <summary>How a row of <c>lots</c> is read.</summary>
internal static class LotRow
{
    /// <summary>What <see cref="Read"/> expects, in its order, of a table or alias <c>l</c>.</summary>
    public const string Columns = """
        l.name, l.definition, l.revision, l.issued, l.scrapped, l.beyond, l.created_at, l.created_by, l.closed_at, l.closed_by,
        l.listed
        """;

    /// <summary>How many columns that is: where the columns after them start.</summary>
    public const int Count = 11;

    private const string ByName = $"SELECT {Columns} FROM lots l WHERE l.name = @name";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Lot Read(DbDataReader row) => new()
    {
        Name = row.GetString(0),
        Definition = JsonSerializer.Deserialize<LotDefinition>(row.GetString(1), Json)!,
        Revision = row.GetInt64(2),
        Issued = row.GetInt64(3),
        Scrapped = row.GetInt64(4),
        Beyond = row.GetInt64(5),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
        CreatedBy = row.GetString(7),
        ClosedAt = row.IsDBNull(8) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
        ClosedBy = row.IsDBNull(9) ? null : row.GetString(9),
        Listed = row.GetInt64(10),
    };

    /// <summary>Reads a lot in a transaction.</summary>
    public static Lot? Find(Transaction transaction, string name)
    {
        using var row = transaction.Sql(ByName).With("name", name).Query();
        return row.Read() ? Read(row) : null;
    }

    /// <summary>How a definition is kept.</summary>
    public static string ToText(LotDefinition definition) => JsonSerializer.Serialize(definition, Json);
}
