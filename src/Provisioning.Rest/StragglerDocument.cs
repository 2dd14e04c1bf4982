using Provisioning.Core.Campaigns;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest;

/// <summary>A device that a campaign waits for.</summary>
internal sealed record StragglerDocument
{
    /// <summary>The device.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The slot of the certificate.</summary>
    /// <example>operational</example>
    public required string Slot { get; init; }

    /// <summary>The certificate that it uses.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string SerialNumber { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>The device is due; null while the campaign is stopped and the certificate has no end.</summary>
    public required DateTimeOffset? RenewAfter { get; init; }

    /// <summary>When the device last showed it, to the hour; null when it never did.</summary>
    public required DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>True when it has a successor that its device has not shown yet.</summary>
    public required bool IsRenewed { get; init; }

    internal static StragglerDocument Of(Straggler straggler, RenewalWindows windows) => new()
    {
        DeviceId = straggler.Certificate.Holder,
        Slot = straggler.Certificate.Slot,
        SerialNumber = straggler.Certificate.SerialNumber.ToString(),
        NotAfter = straggler.Certificate.NotAfter,
        RenewAfter = windows.TryOf(straggler.Certificate)?.After,
        LastSeenAt = straggler.Certificate.LastSeenAt,
        IsRenewed = straggler.IsRenewed,
    };
}
