using System.Text.Json.Serialization;
using Provisioning.Core.Campaigns;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A renewal of all devices of a group out of turn.</summary>
internal sealed record CampaignDocument
{
    /// <summary>Its ID.</summary>
    /// <example>5D0C7A3B19E84F62A7D1C3B5E9F20846</example>
    public required string Id { get; init; }

    /// <summary>The enrollment group.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Where it stands. <c>over</c>: its end has passed, and devices that have not renewed are still due.</summary>
    /// <example>running</example>
    [NamesOf(typeof(CampaignState))]
    public required string State { get; init; }

    /// <summary>The first device is due. Certificates that were reserved before are to be renewed.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Every device is due.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>How many certificates there were to renew when it was created.</summary>
    /// <example>10000</example>
    public required long Certificates { get; init; }

    /// <summary>Certificates in use that are older than it. Absent in lists.</summary>
    /// <example>1200</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Remaining { get; init; }

    /// <summary>Of these, how many have a successor that its device has not shown yet. Absent in lists.</summary>
    /// <example>17</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Unconfirmed { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    /// <summary>When it was stopped, or made room for the next one; or null.</summary>
    public required DateTimeOffset? StoppedAt { get; init; }

    /// <summary>By whom, or null.</summary>
    public required string? StoppedBy { get; init; }

    internal static CampaignDocument Of(Campaign campaign, DateTimeOffset now, CampaignProgress? progress = null) => new()
    {
        Id = campaign.Id,
        Group = campaign.Group,
        Reason = campaign.Reason,
        State = WireNames.Of(campaign.StateAt(now)),
        StartsAt = campaign.StartsAt,
        EndsAt = campaign.EndsAt,
        Certificates = campaign.Certificates,
        Remaining = progress?.Remaining,
        Unconfirmed = progress?.Unconfirmed,
        CreatedAt = campaign.CreatedAt,
        CreatedBy = campaign.CreatedBy,
        StoppedAt = campaign.StoppedAt,
        StoppedBy = campaign.StoppedBy,
    };
}
