namespace Provisioning.Core.Profiles;

/// <summary>Where a version of a profile came from.</summary>
public enum ProfileOrigin
{
    /// <summary>The folder of profiles, at a start.</summary>
    File,

    /// <summary>An administrator.</summary>
    Administrator,
}
