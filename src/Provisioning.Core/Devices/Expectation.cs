namespace Provisioning.Core.Devices;

/// <summary>What came of announcing a device.</summary>
public enum Expectation
{
    /// <summary>It is in the registry now.</summary>
    Registered,

    /// <summary>It was in the registry, and what was announced is on record now too.</summary>
    Updated,

    /// <summary>All of it was on record before.</summary>
    Unchanged,
}
