namespace Provisioning.Core.Authorities;

/// <summary>What is known of a key from its own signatures. None is ever made only to find out.</summary>
public enum KeyHealth
{
    /// <summary>It has signed nothing in this process yet.</summary>
    Unproven,

    /// <summary>Its last signature came about and verified.</summary>
    Good,

    /// <summary>Its last signature did not come about, or did not verify.</summary>
    Failing,
}
