using System.Data.Common;
using System.Text.Json;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Devices.Import;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Devices;

/// <summary>How a row of <c>devices</c> is read, and written for a device that is not enrolled yet.</summary>
internal static class DeviceRow
{
    /// <summary>What <see cref="Read"/> expects, in its order, of a table or alias <c>d</c>.</summary>
    public const string Columns = """
        d.device_id, d.state, d.group_name, d.attributes, d.revision, d.lot, d.claim_batch, d.expected_key,
        d.birth_thumbprint, d.seen_at, d.created_at, d.updated_at, d.clone_suspected_at
        """;

    /// <summary>How many columns that is: where the columns after them start.</summary>
    public const int Count = 13;

    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>Reads a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="first">Where <see cref="Columns"/> begin.</param>
    /// <returns>The device.</returns>
    public static Device Read(DbDataReader row, int first = 0) => new()
    {
        Id = IdOf(row.GetString(first)),
        State = Words.ToDeviceState(row.GetString(first + 1)),
        Group = row.GetString(first + 2),
        Attributes = AttributesOf(row, first + 3),
        Revision = row.GetInt64(first + 4),
        Lot = Text(row, first + 5),
        ClaimBatch = Text(row, first + 6),
        ExpectedKey = Hash(row, first + 7),
        BirthThumbprint = Hash(row, first + 8),
        SeenAt = row.IsDBNull(first + 9) ? null : Time(row, first + 9),
        CreatedAt = Time(row, first + 10),
        UpdatedAt = Time(row, first + 11),
        CloneSuspectedAt = row.IsDBNull(first + 12) ? null : Time(row, first + 12),
    };

    /// <summary>Puts a device in the registry before it is enrolled. It must not be there.</summary>
    public static void Register(Transaction transaction, DeviceRegistration device, DateTimeOffset at)
    {
        const string sql = """
            INSERT INTO devices (device_id, state, group_name, attributes, claim_batch, expected_key, created_at, updated_at)
            VALUES (@device_id, 'registered', @group, @attributes, @claim_batch, @expected_key, @at, @at)
            """;
        transaction.Sql(sql)
            .With("device_id", device.Id.Value)
            .With("group", device.Group)
            .With("attributes", ToText(device.Attributes))
            .With("claim_batch", device.ClaimBatch)
            .With("expected_key", device.ExpectedKey?.ToOctets())
            .With("at", at)
            .Execute();
    }

    public static DeviceId IdOf(string text) => DeviceId.TryParse(text, out var id)
        ? id
        : throw new InvalidDataException($"'{text}' is not the ID of a device.");

    public static IReadOnlyDictionary<string, string> AttributesOf(DbDataReader row, int column) =>
        row.IsDBNull(column) ? Nothing : JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(column))!;

    /// <summary>How attributes are kept; null when there are none.</summary>
    public static string? ToText(IReadOnlyDictionary<string, string>? attributes) =>
        attributes is { Count: > 0 } some ? JsonSerializer.Serialize(some) : null;

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Digest? Hash(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : Digest.FromOctets(row.GetFieldValue<byte[]>(column));

    private static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
