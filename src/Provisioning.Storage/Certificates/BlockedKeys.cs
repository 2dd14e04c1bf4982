using Provisioning.Core.Certificates;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>Keys that get no certificate any more.</summary>
internal static class BlockedKeys
{
    /// <summary>Blocks a key for ever; the first reason stays.</summary>
    public static void Block(
        Transaction transaction, Digest key, HolderKind holderKind, string holder, string reason, DateTimeOffset at)
    {
        const string sql = """
            INSERT INTO keys (key_thumbprint, holder_kind, holder, blocked_at, block_reason)
            VALUES (@key, @holder_kind, @holder, @at, @reason)
            ON CONFLICT (key_thumbprint) DO UPDATE
            SET blocked_at = COALESCE(keys.blocked_at, excluded.blocked_at),
                block_reason = COALESCE(keys.block_reason, excluded.block_reason)
            """;
        transaction.Sql(sql)
            .With("key", key.ToOctets())
            .With("holder_kind", Words.Of(holderKind))
            .With("holder", holder)
            .With("at", at)
            .With("reason", reason)
            .Execute();
    }
}
