using Provisioning.Core.Expiry;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A device whose certificate ends.</summary>
internal sealed record ForecastEntryDocument
{
    /// <summary>The device.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>Its group.</summary>
    /// <example>pumps</example>
    public required string? Group { get; init; }

    /// <summary>The slot of the certificate.</summary>
    /// <example>operational</example>
    public required string Slot { get; init; }

    /// <summary>The certificate that it uses.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string SerialNumber { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Not worth renewing before.</summary>
    public required DateTimeOffset? RenewAfter { get; init; }

    /// <summary>Should be renewed by then.</summary>
    public required DateTimeOffset? RenewBefore { get; init; }

    /// <summary>When the device last showed it, to the hour; null when it never did.</summary>
    public required DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>What is to be expected.</summary>
    /// <example>unlikely</example>
    [NamesOf(typeof(Outlook))]
    public required string Outlook { get; init; }

    internal static ForecastEntryDocument Of(ForecastEntry entry) => new()
    {
        DeviceId = entry.Certificate.Holder,
        Group = entry.Certificate.Group,
        Slot = entry.Certificate.Slot,
        SerialNumber = entry.Certificate.SerialNumber.ToString(),
        NotAfter = entry.Certificate.NotAfter,
        RenewAfter = entry.Window?.After,
        RenewBefore = entry.Window?.Before,
        LastSeenAt = entry.Certificate.LastSeenAt,
        Outlook = WireNames.Of(entry.Outlook),
    };
}
