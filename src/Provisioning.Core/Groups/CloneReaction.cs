namespace Provisioning.Core.Groups;

/// <summary>What becomes of a device whose identity somebody else seems to use. The second one is refused in any case.</summary>
public enum CloneReaction
{
    /// <summary>Nothing but the event: an administrator decides.</summary>
    Alarm,

    /// <summary>The device is quarantined until an administrator lets it back in.</summary>
    Quarantine,
}
