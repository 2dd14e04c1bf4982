namespace Provisioning.Core.Revocation;

/// <summary>CRLReason (RFC 5280 §5.3.1) with its numbers. 7 is not used; removeFromCRL (8) is for delta CRLs, never asked for.</summary>
public enum RevocationReason
{
    /// <summary>unspecified (0): the entry then carries no reason, as RFC 5280 §5.3.1 asks.</summary>
    Unspecified = 0,

    /// <summary>keyCompromise (1): also blocks the key for ever.</summary>
    KeyCompromise = 1,

    /// <summary>cACompromise (2).</summary>
    CaCompromise = 2,

    /// <summary>affiliationChanged (3).</summary>
    AffiliationChanged = 3,

    /// <summary>superseded (4).</summary>
    Superseded = 4,

    /// <summary>cessationOfOperation (5).</summary>
    CessationOfOperation = 5,

    /// <summary>certificateHold (6): the only one that can be released.</summary>
    CertificateHold = 6,

    /// <summary>privilegeWithdrawn (9).</summary>
    PrivilegeWithdrawn = 9,

    /// <summary>aACompromise (10).</summary>
    AaCompromise = 10,
}
