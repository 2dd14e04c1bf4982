using System.Buffers.Binary;
using System.Security.Cryptography;
using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Storage;
using Provisioning.Storage.Commits;

namespace Provisioning.Benchmarks;

/// <summary>
/// Fills a registry with the rows that as many enrollments would have left, in large transactions. Serial numbers and keys are
/// spread over their whole range, as random ones are, but come in order, which is what makes it fast. Nothing is signed: all
/// certificates have the octets of one, so an audit of such a registry fails.
/// </summary>
/// <param name="total">How many there will be.</param>
internal sealed class RegistryLoader(int total)
{
    private const int Batch = 10_000;
    // The first octet of a serial number is not zero.
    private const long Lowest = 1L << 56;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    private static readonly byte[] Hash = SHA256.HashData("any"u8);
    private readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(300);
    private int _loaded;

    /// <summary>Over how many CRLs they are spread; 1 for one CRL without shards.</summary>
    internal int Shards { get; init; } = 1;

    /// <summary>The ID of a device that <see cref="AddDevicesAsync"/> has made.</summary>
    internal static string DeviceId(int number) => $"loaded-{number:D8}";

    /// <summary>The serial number of the certificate of such a device.</summary>
    internal byte[] SerialNumber(int number) => Spread(number, 16);

    /// <summary>Devices with a current certificate each.</summary>
    /// <param name="database">Where to.</param>
    /// <param name="der">The octets of the certificate that all of them have.</param>
    internal Task AddDevicesAsync(Database database, byte[] der) =>
        AddAsync(database, total, (transaction, number) => AddDevice(transaction, number, der));

    /// <summary>Revoked certificates alone, until there are so many.</summary>
    /// <param name="database">Where to.</param>
    /// <param name="until">How many there are then.</param>
    internal Task AddRevokedAsync(Database database, int until) =>
        AddAsync(database, until, (transaction, number) => AddCertificate(transaction, number, "revoked", At(number)));

    private async Task AddAsync(Database database, int until, Action<Transaction, int> add)
    {
        for (; _loaded < until; _loaded = Math.Min(_loaded + Batch, until))
        {
            var (from, to) = (_loaded, Math.Min(_loaded + Batch, until));
            await database.Writer.RunAsync(
                transaction =>
                {
                    for (var number = from; number < to; number++) add(transaction, number);
                    return to - from;
                },
                default);
        }
    }

    private void AddDevice(Transaction transaction, int number, byte[] octets)
    {
        const string key = "INSERT INTO keys (key_thumbprint, holder_kind, holder) VALUES (@key, 'device', @holder)";
        transaction.Sql(key).With("key", Spread(number, 32)).With("holder", DeviceId(number)).Execute();

        const string device = """
            INSERT INTO devices (device_id, state, attributes, created_at, updated_at) VALUES (@holder, 'active', NULL, @at, @at)
            """;
        transaction.Sql(device).With("holder", DeviceId(number)).With("at", At(number)).Execute();

        AddCertificate(transaction, number, "current", null);

        const string der = "INSERT INTO certificate_der (serial, authority, der) VALUES (@serial, @authority, @der)";
        transaction.Sql(der)
            .With("serial", Spread(number, 16))
            .With("authority", AuthorityDirectory.IssuingName)
            .With("der", octets)
            .Execute();
        transaction.Audit(
            AuditActions.CertificateIssued, "registrar:factory-line", At(number), HolderKind.Device, DeviceId(number),
            Convert.ToHexString(Spread(number, 16)), Convert.ToHexString(Hash));
    }

    private void AddCertificate(Transaction transaction, int number, string state, DateTimeOffset? revokedAt)
    {
        const string sql = """
            INSERT INTO certificates (serial, authority, holder_kind, holder, profile, state, key_thumbprint, tbs_hash, thumbprint,
                not_before, not_after, reserved_at, issued_at, requester, request_hash, revoked_at, revocation_reason, shard, revocation_sequence)
            VALUES (@serial, @authority, 'device', @holder, 'device', @state, @key, @hash, @hash,
                @at, @not_after, @at, @at, 'registrar:factory-line', @hash, @revoked_at, @reason, @shard, @sequence)
            """;
        transaction.Sql(sql)
            .With("serial", Spread(number, 16))
            .With("authority", AuthorityDirectory.IssuingName)
            .With("holder", DeviceId(number))
            .With("state", state)
            .With("key", Spread(number, 32))
            .With("hash", Hash)
            .With("at", At(number))
            .With("not_after", At(number) + Lifetime)
            .With("revoked_at", revokedAt?.ToUnixTimeMilliseconds())
            .With("reason", revokedAt is null ? null : 4L)
            .With("shard", Shards == 1 ? 0 : 1 + (number % Shards))
            .With("sequence", revokedAt is null ? null : (long)number)
            .Execute();
    }

    private DateTimeOffset At(int number) => _since + (TimeSpan.FromDays(299) * ((double)number / total));

    // Rises with the number, and is always the same for it.
    private byte[] Spread(int number, int length)
    {
        var octets = new byte[length];
        BinaryPrimitives.WriteInt64BigEndian(octets, Lowest + (number * ((long.MaxValue - Lowest) / total)));
        BinaryPrimitives.WriteInt64BigEndian(octets.AsSpan(8), number * -7046029254386353131);
        return octets;
    }
}
