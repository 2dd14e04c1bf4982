using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation;

/// <summary>Which shards there are, what their certificates name, and which node makes their CRLs.</summary>
internal static class ShardOperations
{
    public static int Declare(Transaction transaction, IReadOnlyList<CrlShard> shards, DateTimeOffset at)
    {
        const string insertShard = """
            INSERT INTO crl_shards (authority, shard) VALUES (@authority, @shard) ON CONFLICT (authority, shard) DO NOTHING
            """;
        const string insertAddress = """
            INSERT INTO crl_addresses (authority, shard, address, added_at) VALUES (@authority, @shard, @address, @at)
            ON CONFLICT (authority, shard, address) DO NOTHING
            """;
        foreach (var shard in shards)
        {
            var (authority, number) = shard.Scope;
            transaction.Sql(insertShard).With("authority", authority).With("shard", number).Execute();
            foreach (var address in shard.Addresses)
            {
                transaction.Sql(insertAddress)
                    .With("authority", authority)
                    .With("shard", number)
                    .With("address", address)
                    .With("at", at)
                    .Execute();
            }
        }

        return shards.Count;
    }

    public static async ValueTask<IReadOnlyList<CrlShard>> ReadAsync(Session session, string authority, CancellationToken ct)
    {
        // Those that a lease alone has put there have no address.
        const string sql = """
            SELECT shard, address FROM crl_addresses WHERE authority = @authority ORDER BY shard, added_at, address
            """;
        await using var row = await session.Sql(sql).With("authority", authority).QueryAsync(ct);
        var found = new List<(int Shard, string Address)>();
        while (await row.ReadAsync(ct)) found.Add(((int)row.GetInt64(0), row.GetString(1)));
        return
        [
            .. found.GroupBy(one => one.Shard)
                .Select(shard => new CrlShard(new CrlScope(authority, shard.Key), [.. shard.Select(one => one.Address)])),
        ];
    }

    public static bool TryLease(Transaction transaction, CrlScope scope, string owner, DateTimeOffset at, DateTimeOffset until)
    {
        const string sql = """
            INSERT INTO crl_shards (authority, shard, lease_owner, lease_until) VALUES (@authority, @shard, @owner, @until)
            ON CONFLICT (authority, shard) DO UPDATE SET lease_owner = excluded.lease_owner, lease_until = excluded.lease_until
            WHERE crl_shards.lease_owner IS NULL OR crl_shards.lease_owner = @owner
                OR crl_shards.lease_until <= @at OR crl_shards.lease_until > @until
            """;
        return transaction.Sql(sql)
            .With("authority", scope.Authority)
            .With("shard", scope.Shard)
            .With("owner", owner)
            .With("until", until)
            .With("at", at)
            .Execute() == 1;
    }

    public static int EndLease(Transaction transaction, CrlScope scope, string owner)
    {
        const string sql = """
            UPDATE crl_shards SET lease_owner = NULL, lease_until = NULL
            WHERE authority = @authority AND shard = @shard AND lease_owner = @owner
            """;
        return transaction.Sql(sql)
            .With("authority", scope.Authority)
            .With("shard", scope.Shard)
            .With("owner", owner)
            .Execute();
    }
}
