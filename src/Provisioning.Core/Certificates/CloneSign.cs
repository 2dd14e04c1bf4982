namespace Provisioning.Core.Certificates;

/// <summary>What makes a clone suspected.</summary>
public enum CloneSign
{
    /// <summary>A device asks for a certificate over the key of another device.</summary>
    SameKey,

    /// <summary>A device that holds a certificate asks for one with another key, and not by a renewal.</summary>
    SecondKey,

    /// <summary>
    /// A claim was used for a key already and comes again for another; or a one-time token was used for a device already and comes
    /// again for another: then the first is marked.
    /// </summary>
    ClaimedTwice,

    /// <summary>Two certificates of the manufacturer claim the same device.</summary>
    SecondBirth,

    /// <summary>A device that is bound to a key beforehand comes with another.</summary>
    UnexpectedKey,

    /// <summary>A certificate is shown whose successor has been in use for longer than the group's overlap.</summary>
    OldCertificate,
}
