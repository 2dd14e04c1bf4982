namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>The hash algorithms of a CertID.</summary>
public enum OcspHash
{
    /// <summary>SHA-1, which most clients still use; nothing depends on its strength here.</summary>
    Sha1,

    /// <summary>SHA-256, which newer clients use (RFC 9919 §3.1.1).</summary>
    Sha256,

    /// <summary>Any other: no issuer of ours is ever found by it.</summary>
    Other,
}
