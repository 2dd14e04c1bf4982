namespace Provisioning.Core.Groups;

/// <summary>What becomes of a renewal before its window.</summary>
public enum EarlyRenewal
{
    /// <summary>It is refused, with the time to come back.</summary>
    Refused,

    /// <summary>It is granted.</summary>
    Allowed,
}
