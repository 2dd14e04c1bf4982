namespace Provisioning.Core.Groups;

/// <summary>Whether a renewal brings a new key.</summary>
public enum Rekey
{
    /// <summary>As the device likes.</summary>
    Allowed,

    /// <summary>It must.</summary>
    Required,

    /// <summary>It must not: the key is burnt into the device.</summary>
    Forbidden,
}
