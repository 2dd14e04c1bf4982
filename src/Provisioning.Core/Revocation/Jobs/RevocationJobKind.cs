namespace Provisioning.Core.Revocation.Jobs;

/// <summary>What a job does.</summary>
public enum RevocationJobKind
{
    /// <summary>Revokes certificates, or puts them on hold.</summary>
    Revoke,

    /// <summary>Releases what another job has put on hold.</summary>
    Release,
}
