namespace Provisioning.Core.Groups;

/// <summary>Who lets an enrollment happen that keeps all rules.</summary>
public enum Approval
{
    /// <summary>Nobody: it happens at once.</summary>
    Automatic,

    /// <summary>An administrator, who approves the exact request; the device waits.</summary>
    Manual,
}
