namespace Provisioning.Core.Groups;

/// <summary>Which devices a group enrolls.</summary>
public enum Registration
{
    /// <summary>Any whose ID fits; a new one is registered with its first certificate.</summary>
    Open,

    /// <summary>Only those that are in the registry already, in this group.</summary>
    Preregistered,
}
