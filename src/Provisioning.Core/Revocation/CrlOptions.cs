using Provisioning.Core.Authorities;

namespace Provisioning.Core.Revocation;

/// <summary>How CRLs are made and where they are.</summary>
public sealed record CrlOptions
{
    /// <summary>More shards than this cost more signatures than they save anybody.</summary>
    public const int MaximumShards = 128;

    /// <summary>The folder that is served: <c>{authority}.crl</c> for each authority, <c>{authority}.{shard}.crl</c> for its shards.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// The folder where an operator puts the CRL of an authority whose key is not here, as <c>{authority}.crl</c> in
    /// DER.
    /// </summary>
    public required string SuppliedDirectory { get; init; }

    /// <summary>
    /// From thisUpdate to nextUpdate. A revoked certificate stays listed for as long after its expiry.
    /// </summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often a CRL is made when nothing was revoked.</summary>
    public TimeSpan RefreshEvery { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// From the first revocation to the CRL that has it: others that come meanwhile go into the same one. At most
    /// 30 s, so that together with making it and with caches it is in the CRL within 60 s.
    /// </summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where relying parties find them; says over how many shards new certificates are spread.</summary>
    public PublicAddresses Addresses { get; init; } = new("localhost", 80);

    /// <summary>
    /// Whether the CRL without shards lists the certificates of all shards, for whoever wants one file; else only those that are in
    /// no shard.
    /// </summary>
    public bool IsFull { get; init; } = true;

    /// <summary>Whether there are delta CRLs: then a revocation is told by the next delta, and complete CRLs are made on schedule only.</summary>
    public bool HasDeltas { get; init; }

    /// <summary>How often a delta CRL is made when nothing was revoked.</summary>
    public TimeSpan DeltaEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>From thisUpdate to nextUpdate of a delta CRL: three may fail.</summary>
    public TimeSpan DeltaLifetime => 4 * DeltaEvery;

    /// <summary>This node, in leases: the same after a restart, so that it takes up again what it had.</summary>
    public string Node => $"{Environment.MachineName}:{Path.GetFullPath(Directory)}";

    /// <summary>Checks what an administrator configured.</summary>
    /// <returns>What is wrong, as a sentence that names the option; null when nothing is.</returns>
    public string? FindProblem() =>
        Delay < TimeSpan.Zero || Delay > TimeSpan.FromSeconds(30) ? "Delay must be between 0 and 30 seconds."
        : RefreshEvery < TimeSpan.FromMinutes(1) ? "RefreshEvery must be at least one minute."
        : Lifetime < 2 * RefreshEvery ? "Lifetime must be at least twice RefreshEvery: one failure must leave no gap."
        : Lifetime > TimeSpan.FromDays(366) ? "Lifetime must be at most 366 days."
        : DeltaEvery < TimeSpan.FromMinutes(1) ? "DeltaEvery must be at least one minute."
        : HasDeltas && DeltaEvery > RefreshEvery ? "DeltaEvery must be at most RefreshEvery."
        : Addresses.CrlShards is < 1 or > MaximumShards ? $"Shards must be between 1 and {MaximumShards}."
        : null;
}
