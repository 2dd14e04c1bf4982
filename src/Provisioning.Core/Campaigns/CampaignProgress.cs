namespace Provisioning.Core.Campaigns;

/// <summary>How far a campaign is.</summary>
/// <param name="Remaining">Certificates in use that are older than it.</param>
/// <param name="Unconfirmed">Of these, how many have a successor that its device has not shown yet.</param>
public sealed record CampaignProgress(long Remaining, long Unconfirmed);
