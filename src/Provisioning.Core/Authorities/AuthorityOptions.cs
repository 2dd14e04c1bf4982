using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>How new authorities are made.</summary>
public sealed record AuthorityOptions
{
    /// <summary>The kind of the root's and the issuing authority's keys: a curve, or RSA with 3072 or 4096 bits.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; } = KeyAlgorithm.P256;

    /// <summary>The root's common name; null for one with a part that is from its key, so that two installations never share a name.</summary>
    public string? RootName { get; init; }

    /// <summary>The issuing authority's common name; null as above.</summary>
    public string? IssuingName { get; init; }
}
