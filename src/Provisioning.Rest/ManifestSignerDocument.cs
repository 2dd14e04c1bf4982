using Provisioning.Core.Authorities;
using Provisioning.Core.Manifests;

namespace Provisioning.Rest;

/// <summary>Who signs manifests of secure elements.</summary>
internal sealed record ManifestSignerDocument
{
    /// <summary>Its name.</summary>
    /// <example>microchip-log-signer-2</example>
    public required string Name { get; init; }

    /// <summary>SHA-256 of its certificate, upper-case hex; manifests name it so (<c>x5t#S256</c>).</summary>
    public required string Thumbprint { get; init; }

    /// <summary>Its certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string AddedBy { get; init; }

    /// <summary>When it was withdrawn, or null.</summary>
    public required DateTimeOffset? WithdrawnAt { get; init; }

    internal static ManifestSignerDocument Of(ManifestSigner signer) => new()
    {
        Name = signer.Name,
        Thumbprint = signer.Thumbprint.ToString(),
        Certificate = CertificatePem.Write(signer.Certificate),
        AddedAt = signer.AddedAt,
        AddedBy = signer.AddedBy,
        WithdrawnAt = signer.WithdrawnAt,
    };
}
