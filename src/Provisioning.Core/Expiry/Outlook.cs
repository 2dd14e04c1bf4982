namespace Provisioning.Core.Expiry;

/// <summary>What is to be expected of a device whose certificate ends.</summary>
public enum Outlook
{
    /// <summary>It has still time to renew, and was seen.</summary>
    Expected,

    /// <summary>It was given the next certificate and has not shown it yet.</summary>
    Renewed,

    /// <summary>It was seen since its window began, and the window is over: it is there, and does not renew.</summary>
    Late,

    /// <summary>It has not been seen: never with this certificate, or not since its window began, which is over, or not for as long as was asked.</summary>
    Unlikely,
}
