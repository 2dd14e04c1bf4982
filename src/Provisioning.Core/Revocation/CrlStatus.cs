using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>The CRL of an authority that relying parties get now.</summary>
public sealed record CrlStatus
{
    /// <summary>Whose.</summary>
    public required string Authority { get; init; }

    /// <summary>The shard; 0 for the CRL without shards.</summary>
    public int Shard { get; init; }

    /// <summary>For a delta CRL, the number of its base; else null.</summary>
    public long? BaseNumber { get; init; }

    /// <summary>Which one it is.</summary>
    public CrlName Name => new(new CrlScope(Authority, Shard), BaseNumber is not null);

    /// <summary>Its number (RFC 5280 §5.2.3).</summary>
    public required long Number { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>From when on relying parties do not accept it any more.</summary>
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>How many certificates it lists.</summary>
    public required int Entries { get; init; }

    /// <summary>SHA-256 of the file.</summary>
    public required Digest Hash { get; init; }

    /// <summary>Whether relying parties accept it.</summary>
    /// <param name="now">At this time.</param>
    /// <returns>False from <see cref="NextUpdate"/> on.</returns>
    public bool IsFresh(DateTimeOffset now) => now < NextUpdate;
}
