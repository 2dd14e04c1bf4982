namespace Provisioning.Core.Devices;

/// <summary>Where a device stands. Expiry and "renewal due" are computed from the clock, never stored.</summary>
public enum DeviceState
{
    /// <summary>Known, and without a certificate so far.</summary>
    Registered,

    /// <summary>Has been given a certificate.</summary>
    Active,

    /// <summary>May do nothing until it is resumed.</summary>
    Suspended,

    /// <summary>Gets no certificate: a clone is suspected, or others can compute its key.</summary>
    Quarantined,

    /// <summary>Out of service, for ever.</summary>
    Decommissioned,
}
