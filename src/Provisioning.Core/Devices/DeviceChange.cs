namespace Provisioning.Core.Devices;

/// <summary>What an administrator does to a device.</summary>
public enum DeviceChange
{
    /// <summary>It may do nothing, and all its certificates are on hold, until it is resumed.</summary>
    Suspend,

    /// <summary>A suspended one is again what it was.</summary>
    Resume,

    /// <summary>It gets no certificate: somebody else seems to be it.</summary>
    Quarantine,

    /// <summary>A quarantined one is above suspicion again.</summary>
    Release,

    /// <summary>It is out of service for ever, and all its certificates are revoked.</summary>
    Decommission,
}
