namespace Provisioning.Core.Births;

/// <summary>What is done when it is not known whether a manufacturer has revoked a certificate.</summary>
public enum CrlPolicy
{
    /// <summary>Where there is a CRL it must be fresh: an expired one refuses. Without any, nothing is revoked.</summary>
    RefuseStale,

    /// <summary>There must be a CRL, and a fresh one.</summary>
    Required,

    /// <summary>An expired CRL still tells what it tells.</summary>
    AcceptStale,
}
