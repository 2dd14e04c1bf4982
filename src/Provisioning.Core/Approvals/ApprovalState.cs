namespace Provisioning.Core.Approvals;

/// <summary>Where a request for approval stands.</summary>
public enum ApprovalState
{
    /// <summary>An administrator has to look at it.</summary>
    Pending,

    /// <summary>It may be issued, once.</summary>
    Approved,

    /// <summary>It may not be issued.</summary>
    Denied,

    /// <summary>Its certificate was reserved.</summary>
    Used,
}
