namespace Provisioning.Core.Lots;

/// <summary>Where a lot stands; computed from the clock, but for the last.</summary>
public enum LotState
{
    /// <summary>Its window has not begun.</summary>
    Planned,

    /// <summary>Units are enrolled.</summary>
    Open,

    /// <summary>Its window has passed, and nobody has closed it.</summary>
    Passed,

    /// <summary>It was closed, for ever.</summary>
    Closed,
}
