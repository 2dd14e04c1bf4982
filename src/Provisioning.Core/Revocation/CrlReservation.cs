using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>A CRL that is about to be signed.</summary>
/// <param name="Authority">Whose.</param>
/// <param name="Number">The CRL number (RFC 5280 §5.2.3).</param>
/// <param name="TbsHash">SHA-256 of the TBSCertList.</param>
/// <param name="ThisUpdate">When it was made.</param>
/// <param name="NextUpdate">By when the next one is out.</param>
/// <param name="Entries">How many entries it has.</param>
public sealed record CrlReservation(
    string Authority, long Number, Digest TbsHash, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, int Entries)
{
    /// <summary>The shard; 0 for the CRL without shards.</summary>
    public int Shard { get; init; }

    /// <summary>For a delta CRL, the number of its base; else null.</summary>
    public long? BaseNumber { get; init; }

    /// <summary>
    /// The last audit entry before its entries were read: what changed up to then is in it. Null for CRLs from before this was kept.
    /// </summary>
    public long? Sequence { get; init; }

    /// <summary>SHA-256 of its issuingDistributionPoint, or null when it has none: a delta belongs to bases with the same one.</summary>
    public Digest? DistributionPoint { get; init; }

    /// <summary>Whose sequence the number is of.</summary>
    public CrlScope Scope => new(Authority, Shard);
}
