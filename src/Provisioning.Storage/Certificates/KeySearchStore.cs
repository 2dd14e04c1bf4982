using System.Data.Common;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Certificates;

/// <inheritdoc/>
internal sealed class KeySearchStore(Writer writer, Readers readers) : IKeySearchStore
{
    private const string Collected = "collected";
    private const string Searched = "searched";

    public ValueTask<KeySearchPosition> ReadPositionAsync(CancellationToken ct) => readers.ReadAsync(
        static async (session, _, ct) =>
        {
            var position = default(KeySearchPosition);
            await using var row = await session.Sql("SELECT name, position FROM key_search").QueryAsync(ct);
            while (await row.ReadAsync(ct))
            {
                if (row.GetString(0) == Collected) position = position with { Collected = row.GetInt64(1) };
                if (row.GetString(0) == Searched) position = position with { Searched = row.GetInt64(1) };
            }

            return position;
        },
        (object?)null,
        ct);

    public ValueTask<IssuedKeys> ReadIssuedAsync(long after, int limit, CancellationToken ct) =>
        readers.ReadAsync(ReadIssuedAsync, (after, limit), ct);

    public Task AddKeysAsync(IReadOnlyList<RsaModulus> keys, long collected, CancellationToken ct) => writer.RunAsync(
        transaction =>
        {
            foreach (var key in keys) Add(transaction, key);
            Move(transaction, Collected, collected);
            return true;
        },
        ct);

    public ValueTask<IReadOnlyList<RsaModulus>> ReadKeysAsync(long after, int limit, CancellationToken ct) => readers.ReadAsync(
        static async (session, of, ct) =>
        {
            const string sql = """
                SELECT number, device_id, key_thumbprint, modulus FROM rsa_keys WHERE number > @after ORDER BY number LIMIT @limit
                """;
            var keys = new List<RsaModulus>();
            await using var row = await session.Sql(sql).With("after", of.after).With("limit", of.limit).QueryAsync(ct);
            while (await row.ReadAsync(ct)) keys.Add(ReadKey(row));
            return (IReadOnlyList<RsaModulus>)keys;
        },
        (after, limit),
        ct);

    public Task<int> RecordSharedPrimeAsync(SharedPrime finding, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new SharedPrimeOperation(transaction, finding, at).Run(), ct);

    public Task MarkSearchedAsync(long searched, CancellationToken ct) => writer.RunAsync(
        transaction =>
        {
            Move(transaction, Searched, searched);
            return true;
        },
        ct);

    // The audit is in the order of the transactions, which no column of a certificate is: one that was reserved earlier may be recorded
    // later, and a clock may be set back.
    private static async ValueTask<IssuedKeys> ReadIssuedAsync(Session session, (long After, int Limit) of, CancellationToken ct)
    {
        const string sql = """
            SELECT sequence, action, holder_kind, serial FROM audit WHERE sequence > @after ORDER BY sequence LIMIT @limit
            """;
        var (last, serials) = (of.After, new List<string?>());
        await using (var row = await session.Sql(sql).With("after", of.After).With("limit", of.Limit).QueryAsync(ct))
        {
            while (await row.ReadAsync(ct))
            {
                last = row.GetInt64(0);
                if (TellsOfDevice(row)) serials.Add(row[3] as string);
            }
        }

        var keys = new List<IssuedKey>(serials.Count);
        foreach (var text in serials)
        {
            if (SerialNumber.TryParse(text, out var serial) && await FindAsync(session, serial, ct) is { } key) keys.Add(key);
        }

        return new IssuedKeys(last, keys, serials.Count - keys.Count);
    }

    private static async ValueTask<IssuedKey?> FindAsync(Session session, SerialNumber serial, CancellationToken ct)
    {
        const string sql = """
            SELECT c.holder, c.key_thumbprint, d.der FROM certificates c
            JOIN certificate_der d ON d.serial = c.serial AND d.authority = c.authority
            WHERE c.serial = @serial AND c.holder_kind = 'device'
            """;
        await using var row = await session.Sql(sql).With("serial", serial.ToOctets()).QueryAsync(ct);
        return await row.ReadAsync(ct) ? ReadIssued(row) : null;
    }

    private static bool TellsOfDevice(DbDataReader row) =>
        row.GetString(1) == AuditActions.CertificateIssued && row[2] as string == Words.Of(HolderKind.Device);

    private static IssuedKey? ReadIssued(DbDataReader row) => row.GetFieldValue<byte[]>(1) is { Length: 32 } thumbprint
        ? new IssuedKey(row.GetString(0), Digest.FromOctets(thumbprint), row.GetFieldValue<byte[]>(2))
        : null;

    // A thumbprint that the disk has damaged is that of no key; the search tells of it, and goes on.
    private static RsaModulus ReadKey(DbDataReader row)
    {
        var thumbprint = row.GetFieldValue<byte[]>(2);
        return new RsaModulus(
            row.GetInt64(0),
            row.GetString(1),
            thumbprint.Length == 32 ? Digest.FromOctets(thumbprint) : Digest.Of([]),
            row.GetFieldValue<byte[]>(3));
    }

    private static void Add(Transaction transaction, RsaModulus key)
    {
        const string sql = """
            INSERT INTO rsa_keys (number, key_thumbprint, device_id, modulus)
            VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM rsa_keys), @key, @device_id, @modulus)
            ON CONFLICT (key_thumbprint) DO NOTHING
            """;
        transaction.Sql(sql)
            .With("key", key.KeyThumbprint.ToOctets())
            .With("device_id", key.DeviceId)
            .With("modulus", key.Modulus.ToArray())
            .Execute();
    }

    private static void Move(Transaction transaction, string name, long position)
    {
        const string sql = """
            INSERT INTO key_search (name, position) VALUES (@name, @position)
            ON CONFLICT (name) DO UPDATE SET position = excluded.position
            """;
        transaction.Sql(sql).With("name", name).With("position", position).Execute();
    }
}
