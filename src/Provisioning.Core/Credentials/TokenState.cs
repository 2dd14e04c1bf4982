namespace Provisioning.Core.Credentials;

/// <summary>What can still be done with an enrollment token.</summary>
public enum TokenState
{
    /// <summary>It enrolls.</summary>
    Active,

    /// <summary>It was used as often as it may be.</summary>
    Used,

    /// <summary>Its time has passed.</summary>
    Expired,

    /// <summary>It was revoked.</summary>
    Revoked,
}
