namespace Provisioning.Core.Revocation.Feed;

/// <summary>What relying parties are told of. Closed; the texts on the wire never change (<see cref="FeedEventKinds"/>).</summary>
public enum FeedEventKind
{
    /// <summary>A certificate was revoked, or its reason became keyCompromise.</summary>
    CertificateRevoked,

    /// <summary>A certificate was put on hold.</summary>
    CertificateHeld,

    /// <summary>A hold was released: the certificate is good again.</summary>
    CertificateReleased,

    /// <summary>A device was suspended; each of its certificates that was in use has an event of its own, before this one.</summary>
    DeviceSuspended,

    /// <summary>A suspended device was resumed.</summary>
    DeviceResumed,

    /// <summary>A device was quarantined. Its certificates are good; whoever wants to be careful keeps it out.</summary>
    DeviceQuarantined,

    /// <summary>A quarantined device was released.</summary>
    DeviceReleased,

    /// <summary>A device was put out of service for ever; each of its certificates that was revoked has an event of its own.</summary>
    DeviceDecommissioned,

    /// <summary>A device has not renewed in its window: its certificate will end.</summary>
    RenewalLate,

    /// <summary>An authority comes to its end.</summary>
    AuthorityExpiring,
}
