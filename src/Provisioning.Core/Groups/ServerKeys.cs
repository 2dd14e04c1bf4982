namespace Provisioning.Core.Groups;

/// <summary>Whether this service makes keys for devices that have no source of randomness (RFC 7030 §4.4).</summary>
public enum ServerKeys
{
    /// <summary>No key leaves this service.</summary>
    Off,

    /// <summary>It does, protected by TLS, and encrypted for the device where the device asks.</summary>
    Allowed,

    /// <summary>Only to devices that ask for it encrypted.</summary>
    Encrypted,
}
