namespace Provisioning.Rest;

/// <summary>Who signs manifests of secure elements.</summary>
internal sealed record ManifestSignerBody
{
    /// <summary>Its name: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    /// <example>microchip-log-signer-2</example>
    public required string Name { get; init; }

    /// <summary>Its certificate, PEM, with a key on P-256.</summary>
    public required string Certificate { get; init; }
}
