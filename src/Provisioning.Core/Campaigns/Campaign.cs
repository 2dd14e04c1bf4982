namespace Provisioning.Core.Campaigns;

/// <summary>
/// Renews all devices of a group out of turn: those whose certificates are older than its begin come back between its begin and its end, each
/// at a place of its own, because the profile or the authority changes.
/// </summary>
public sealed record Campaign
{
    /// <summary>Its ID: 32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The enrollment group.</summary>
    public required string Group { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>The first device is due. Certificates that were reserved before are to be renewed.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Every device is due.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>How many certificates there were to renew when it was created.</summary>
    public long Certificates { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was stopped, or made room for the next one; null while windows are moved.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>By whom.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>Where it stands.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The state.</returns>
    public CampaignState StateAt(DateTimeOffset now) =>
        StoppedAt < EndsAt ? CampaignState.Stopped
        : now >= EndsAt ? CampaignState.Over
        : now >= StartsAt ? CampaignState.Running
        : CampaignState.Scheduled;
}
