namespace Provisioning.Core.Revocation;

/// <summary>Why a shard's CRLs are looked at.</summary>
internal enum CrlWake
{
    /// <summary>The service starts, or the last try failed.</summary>
    Start,

    /// <summary>Something of the authority was revoked or released, here.</summary>
    Signal,

    /// <summary>The complete CRL is to be made anew.</summary>
    CompleteIsDue,

    /// <summary>The delta CRL is to be made anew.</summary>
    DeltaIsDue,

    /// <summary>Other nodes may have done something, or something was done whose signal got lost.</summary>
    Look,
}
