using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What a revocation job would do. Nothing was changed.</summary>
internal sealed record RevocationPreviewDocument
{
    /// <summary>How many certificates it concerns now.</summary>
    /// <example>10000</example>
    public required long Certificates { get; init; }

    /// <summary>The same, by enrollment group; the first 100, by name.</summary>
    public required IReadOnlyDictionary<string, long> ByGroup { get; init; }

    /// <summary>Some of them, oldest first, at most 10.</summary>
    public required IReadOnlyList<RevocationSampleDocument> Samples { get; init; }

    /// <summary>Confirms exactly this, once: <c>POST /api/v1/revocation-jobs</c>. Only who has previewed it can.</summary>
    /// <example>4F1E0C6B2A9D8375E6F1A0B4C9D8E7F6A5B4C3D2E1F0A9B8C7D6E5F4A3B2C1D0</example>
    public required string ConfirmationToken { get; init; }

    /// <summary>Until when.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>True when a second administrator must agree before it begins.</summary>
    public required bool NeedsApproval { get; init; }

    internal static RevocationPreviewDocument Of(RevocationPreview preview) => new()
    {
        Certificates = preview.Count.Certificates,
        ByGroup = preview.Count.Groups.ToDictionary(group => group.Key, group => group.Value, StringComparer.Ordinal),
        Samples = [.. preview.Count.Samples.Select(RevocationSampleDocument.Of)],
        ConfirmationToken = preview.ConfirmationToken,
        ExpiresAt = preview.ExpiresAt,
        NeedsApproval = preview.NeedsApproval,
    };
}

/// <summary>A certificate that a revocation job would change.</summary>
internal sealed record RevocationSampleDocument
{
    /// <summary>Its serial number.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string SerialNumber { get; init; }

    /// <summary>Its device.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>Where it stands.</summary>
    /// <example>current</example>
    [NamesOf(typeof(CertificateState))]
    public required string State { get; init; }

    internal static RevocationSampleDocument Of(CertificateRecord record) => new()
    {
        SerialNumber = record.SerialNumber.ToString(),
        DeviceId = record.Holder,
        State = WireNames.Of(record.State),
    };
}
