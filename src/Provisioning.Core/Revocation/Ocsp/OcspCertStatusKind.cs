namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>The choices of CertStatus (RFC 6960 §4.2.1), by their tags.</summary>
public enum OcspCertStatusKind
{
    /// <summary>good [0].</summary>
    Good = 0,

    /// <summary>revoked [1], for ever or on hold.</summary>
    Revoked = 1,

    /// <summary>unknown [2].</summary>
    Unknown = 2,
}
