using Provisioning.Core.Certificates;

namespace Provisioning.Core.Manifests;

/// <summary>Who signs manifests of secure elements: a certificate that an administrator registered beforehand.</summary>
public sealed record ManifestSigner
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its certificate, DER.</summary>
    public required ReadOnlyMemory<byte> Certificate { get; init; }

    /// <summary>SHA-256 of the certificate, by which a manifest names it (x5t#S256, RFC 7515 §4.1.8).</summary>
    public Digest Thumbprint => Digest.Of(Certificate.Span);

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>By whom.</summary>
    public required string AddedBy { get; init; }

    /// <summary>When it was withdrawn, or null.</summary>
    public DateTimeOffset? WithdrawnAt { get; init; }
}
