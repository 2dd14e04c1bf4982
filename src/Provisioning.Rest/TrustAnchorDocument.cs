using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A manufacturer whose birth certificates are honored.</summary>
internal sealed record TrustAnchorDocument
{
    /// <summary>Its name.</summary>
    /// <example>acme-idevid</example>
    public required string Name { get; init; }

    /// <summary>The enrollment group.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>What the whole serial number must match.</summary>
    /// <example>AC-[0-9]{8}</example>
    public required string SerialNumberPattern { get; init; }

    /// <summary>The device ID, with <c>${serialNumber}</c> in it.</summary>
    /// <example>acme-${serialNumber}</example>
    public required string DeviceId { get; init; }

    /// <summary>What is done about CRLs that are missing or old.</summary>
    [NamesOf(typeof(CrlPolicy))]
    public required string CrlPolicy { get; init; }

    /// <summary>The trust anchor, and the authorities below it.</summary>
    public required IReadOnlyList<BirthIssuerDocument> Issuers { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    /// <summary>When it was withdrawn, or null.</summary>
    public required DateTimeOffset? WithdrawnAt { get; init; }

    internal static TrustAnchorDocument Of(TrustAnchor anchor) => new()
    {
        Name = anchor.Name,
        Group = anchor.Definition.Group,
        SerialNumberPattern = anchor.Definition.SerialNumberPattern,
        DeviceId = anchor.Definition.DeviceId,
        CrlPolicy = WireNames.Of(anchor.Definition.CrlPolicy),
        Issuers = [.. anchor.Issuers.Select(BirthIssuerDocument.Of)],
        CreatedAt = anchor.CreatedAt,
        CreatedBy = anchor.CreatedBy,
        WithdrawnAt = anchor.WithdrawnAt,
    };
}

/// <summary>An authority of a manufacturer.</summary>
internal sealed record BirthIssuerDocument
{
    /// <summary>Its certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>SHA-256 of its SubjectPublicKeyInfo, upper-case hex.</summary>
    public required string KeyThumbprint { get; init; }

    /// <summary>The number of its newest CRL, or null for none.</summary>
    public required long? CrlNumber { get; init; }

    /// <summary>Until when that is fresh, or null.</summary>
    public required DateTimeOffset? CrlNextUpdate { get; init; }

    /// <summary>How many certificates it lists, or null.</summary>
    public required int? CrlEntries { get; init; }

    internal static BirthIssuerDocument Of(BirthIssuer issuer) => new()
    {
        Certificate = CertificatePem.Write(issuer.Der),
        KeyThumbprint = issuer.KeyThumbprint.ToString(),
        CrlNumber = issuer.Crl?.Status.Number,
        CrlNextUpdate = issuer.Crl?.Status.NextUpdate,
        CrlEntries = issuer.Crl?.Status.Entries,
    };
}
