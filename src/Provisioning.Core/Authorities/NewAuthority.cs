using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>An authority that is to be made.</summary>
/// <param name="Name">The name in paths: <c>root</c>, <c>issuing</c>, <c>issuing-2</c>.</param>
/// <param name="Profile">The profile of its certificate.</param>
/// <param name="Issuer">Who signs; null for a root, which signs itself.</param>
internal sealed record NewAuthority(string Name, string Profile, Authority? Issuer)
{
    private const int SuffixLength = 6;

    /// <summary>The kind of its key, if there is none yet.</summary>
    internal required KeyAlgorithm KeyAlgorithm { get; init; }

    /// <summary>Its common name as configured, or null.</summary>
    internal required string? Configured { get; init; }

    /// <summary>The beginning of its common name, where none is configured.</summary>
    internal required string Title { get; init; }

    /// <summary>
    /// Its common name. What is added where none is configured is from the key: so two installations never share a name, and who does again
    /// what was killed gets the same one.
    /// </summary>
    internal string CommonName(SigningKey key) => Configured ?? $"{Title} {key.PublicKey.Thumbprint.ToString()[..SuffixLength]}";
}
