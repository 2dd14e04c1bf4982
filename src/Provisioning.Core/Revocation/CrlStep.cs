namespace Provisioning.Core.Revocation;

/// <summary>What came of looking at a shard's CRLs.</summary>
internal enum CrlStep
{
    /// <summary>All is well as it is.</summary>
    Nothing,

    /// <summary>There is a new complete CRL.</summary>
    Complete,

    /// <summary>There is a new delta CRL.</summary>
    Delta,

    /// <summary>Another node makes it.</summary>
    Busy,

    /// <summary>It could not be made now.</summary>
    Failed,

    /// <summary>Nothing unexpired is in it any more.</summary>
    Over,
}
