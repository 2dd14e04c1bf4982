namespace Provisioning.Core.Campaigns;

/// <summary>Where a campaign stands. Computed from the clock, never stored.</summary>
public enum CampaignState
{
    /// <summary>It has not begun.</summary>
    Scheduled,

    /// <summary>Devices come back.</summary>
    Running,

    /// <summary>Its end has passed. Devices that have not renewed are still due.</summary>
    Over,

    /// <summary>It was stopped before its end: the windows are what they were.</summary>
    Stopped,
}
