namespace Provisioning.Core.Certificates;

/// <summary>What makes a clone suspected.</summary>
public enum CloneSign
{
    /// <summary>A device asks for a certificate over the key of another device.</summary>
    SameKey,

    /// <summary>A device that holds a certificate asks for one with another key, and not by a renewal.</summary>
    SecondKey,

    /// <summary>A claim or token was used for a device or key already, and comes again for another.</summary>
    ClaimedTwice,

    /// <summary>Two certificates of the manufacturer claim the same device.</summary>
    SecondBirth,
}
