using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>Decides which certificates a CRL is for, and what a delta CRL refers to.</summary>
/// <param name="store">The CRLs on record.</param>
/// <param name="options">How they are made.</param>
/// <param name="time">The clock.</param>
internal sealed class CrlPlanner(ICrlStore store, CrlOptions options, TimeProvider time)
{
    /// <summary>Plans a CRL.</summary>
    /// <param name="name">Which.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The plan; of the complete CRL when a delta is asked for, and there is nothing that it could refer to.</returns>
    public async Task<CrlPlan> PlanAsync(CrlName name, CancellationToken ct)
    {
        var last = (await store.LastCrlAsync(name.Scope, ct))?.Reserved;

        // Before the entries are read: a change that comes meanwhile may be in this CRL, and will be in the next delta all the same.
        var sequence = await store.ReadSequenceAsync(ct);
        var shards = await store.ReadShardsAsync(name.Scope.Authority, ct);
        var (lists, addresses) = Describe(name.Scope, shards);
        var isFor = IsFor(addresses);
        var found = name.IsDelta ? await FindBaseAsync(name.Scope, isFor, ct) : null;
        return new CrlPlan(name with { IsDelta = found is not null }, lists, addresses, isFor, last, found, sequence);
    }

    /// <summary>What a CRL would be for, if it were made now.</summary>
    /// <param name="scope">Of this shard.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>
    /// The shards whose certificates it would list, at least itself; and SHA-256 of its issuingDistributionPoint, null for none.
    /// </returns>
    public async Task<(IReadOnlyList<CrlScope> Lists, Digest? IsFor)> DescribeAsync(CrlScope scope, CancellationToken ct)
    {
        var (lists, addresses) = Describe(scope, await store.ReadShardsAsync(scope.Authority, ct));
        return (lists, IsFor(addresses));
    }

    private static Digest? IsFor(IReadOnlyList<string> addresses) =>
        addresses.Count == 0 ? null : Digest.Of(CrlExtensions.DistributionPointOf(addresses));

    private (IReadOnlyList<CrlScope> Lists, IReadOnlyList<string> Addresses) Describe(CrlScope scope, IReadOnlyList<CrlShard> shards)
    {
        var own = shards.FirstOrDefault(shard => shard.Scope == scope);
        var others = shards.Where(shard => shard.Scope.Shard != 0).Select(shard => shard.Scope).ToList();
        if (scope.Shard != 0) return ([scope], own?.Addresses ?? [options.Addresses.Crl(scope.Authority, scope.Shard)]);
        if (options.IsFull || others.Count == 0) return ([scope, .. others], []);
        return ([scope], own?.Addresses ?? [options.Addresses.Crl(scope.Authority)]);
    }

    // RFC 5280 §5.2.4: whoever has the base, or any newer complete CRL, can use the delta. The one before the newest, because not everybody
    // has the newest yet; but only one that was shown, and is still good, and is for the same certificates.
    private async Task<CrlReservation?> FindBaseAsync(CrlScope scope, Digest? isFor, CancellationToken ct) =>
        (await store.RecordedCrlsAsync(new CrlName(scope), ct))
            .Select(record => record.Reserved)
            .TakeWhile(crl => crl.Sequence is not null && crl.DistributionPoint == isFor && crl.NextUpdate > time.GetUtcNow())
            .LastOrDefault();
}
