using Provisioning.Core.Authorities;

namespace Provisioning.Core.Revocation;

/// <summary>Puts the CRLs that new certificates will name on record, before any of them is issued.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="addresses">What certificates will name.</param>
public sealed class CrlShards(ICrlStore store, PublicAddresses addresses)
{
    /// <summary>Declares the shards of the issuing authority, and the CRL without shards. Again at every start.</summary>
    /// <param name="issuing">The name of its newest generation: the older ones issue nothing more.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    public Task DeclareAsync(string issuing, DateTimeOffset at, CancellationToken ct)
    {
        var count = addresses.CrlShards == 1 ? 0 : addresses.CrlShards;
        return store.DeclareShardsAsync(
            [
                .. Enumerable.Range(0, count + 1)
                    .Select(shard => new CrlShard(new CrlScope(issuing, shard), [addresses.Crl(issuing, shard)])),
            ],
            at,
            ct);
    }
}
