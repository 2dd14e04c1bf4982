using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Devices;

namespace Provisioning.Storage.Credentials;

/// <inheritdoc/>
internal sealed class ExpectedDeviceStore(Writer writer) : IExpectedDeviceStore
{
    private const string ById = $"SELECT {DeviceRow.Columns} FROM devices d WHERE d.device_id = @id";

    public async Task<IReadOnlyList<Outcome<Expectation>>> ExpectAsync(
        Announcement announcement, IReadOnlyList<ExpectedDevice> devices, CancellationToken ct) =>
        await writer.RunAsync(transaction => devices.Select(device => Expect(transaction, announcement, device)).ToList(), ct);

    private static Outcome<Expectation> Expect(Transaction transaction, Announcement announcement, ExpectedDevice expected)
    {
        Device? known;
        using (var row = transaction.Sql(ById).With("id", expected.Id.Value).Query()) known = row.Read() ? DeviceRow.Read(row) : null;
        if (known is null)
        {
            DeviceRow.Register(transaction, ToRegistration(announcement, expected), announcement.At);
            Audit(transaction, announcement, expected);
            return Expectation.Registered;
        }

        if (Contradicts(announcement, expected, known) is { } refusal) return refusal;
        var attributes = Merge(known.Attributes, expected.Attributes);
        if (attributes.Count > DeviceAttributes.MaxCount)
            return new Refusal(RefusalCode.BadAttributes, $"At most {DeviceAttributes.MaxCount} attributes are kept.");
        var isNew = (announcement.ClaimBatch is not null && known.ClaimBatch is null)
            || (expected.Key is not null && known.ExpectedKey is null)
            || attributes.Count > known.Attributes.Count;
        if (!isNew) return Expectation.Unchanged;
        if (known.State != DeviceState.Registered)
            return new Refusal(RefusalCode.AlreadyClaimed, "The device holds or held a certificate; what is expected of it cannot change any more.");
        Update(transaction, announcement, expected, attributes);
        Audit(transaction, announcement, expected);
        return Expectation.Updated;
    }

    private static Refusal? Contradicts(Announcement announcement, ExpectedDevice expected, Device known)
    {
        if (known.Group != announcement.Group)
            return new Refusal(RefusalCode.GroupMismatch, $"The device belongs to the group '{known.Group}'.");
        if (announcement.ClaimBatch is { } batch && known.ClaimBatch is { } other && other != batch)
            return new Refusal(RefusalCode.AlreadyExists, $"The device is expected by the claim batch '{other}'.");
        return expected.Key is { } key && known.ExpectedKey is { } bound && bound != key
            ? new Refusal(RefusalCode.KeyMismatch, "The device is expected with another key.")
            : null;
    }

    private static IReadOnlyDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> known, IReadOnlyDictionary<string, string>? added)
    {
        if (added is null || added.Count == 0) return known;
        var all = new Dictionary<string, string>(known);
        foreach (var (name, value) in added) all.TryAdd(name, value);
        return all;
    }

    private static DeviceRegistration ToRegistration(Announcement announcement, ExpectedDevice expected) => new()
    {
        Id = expected.Id,
        Group = announcement.Group,
        Attributes = expected.Attributes ?? new Dictionary<string, string>(),
        ClaimBatch = announcement.ClaimBatch,
        ExpectedKey = expected.Key,
    };

    private static void Update(
        Transaction transaction, Announcement announcement, ExpectedDevice expected, IReadOnlyDictionary<string, string> attributes)
    {
        const string sql = """
            UPDATE devices SET claim_batch = COALESCE(claim_batch, @batch), expected_key = COALESCE(expected_key, @key),
                attributes = @attributes, revision = revision + 1, updated_at = @at
            WHERE device_id = @id
            """;
        transaction.Sql(sql)
            .With("batch", announcement.ClaimBatch)
            .With("key", expected.Key?.ToOctets())
            .With("attributes", DeviceRow.ToText(attributes))
            .With("at", announcement.At)
            .With("id", expected.Id.Value)
            .Execute();
    }

    private static void Audit(Transaction transaction, Announcement announcement, ExpectedDevice expected)
    {
        var parts = new[]
        {
            announcement.Group, announcement.ClaimBatch is { } batch ? "batch " + batch : null, expected.Key is { } key ? "key " + key : null,
        };
        transaction.Audit(
            AuditActions.DeviceExpected, announcement.Actor, announcement.At, HolderKind.Device, expected.Id.Value, null,
            string.Join(' ', parts.Where(part => part is not null)));
    }
}
