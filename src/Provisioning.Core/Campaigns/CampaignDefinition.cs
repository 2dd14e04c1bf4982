namespace Provisioning.Core.Campaigns;

/// <summary>What an administrator wants of a campaign. Not judged yet.</summary>
/// <param name="Reason">Why, for people.</param>
/// <param name="StartsAt">When the first device is due, or null for now.</param>
/// <param name="Duration">Over how long the devices are spread.</param>
public sealed record CampaignDefinition(string Reason, DateTimeOffset? StartsAt, TimeSpan Duration)
{
    /// <summary>The longest reason, in characters.</summary>
    public const int MaxReason = 200;

    /// <summary>The shortest duration.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    /// <summary>The longest duration, and how far ahead a campaign may begin.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);
}
