namespace Provisioning.Core.Revocation.Jobs;

/// <summary>Where a job stands.</summary>
public enum RevocationJobState
{
    /// <summary>It is large, and a second administrator has not agreed yet. Nothing has happened.</summary>
    Waiting,

    /// <summary>It is worked on, or will be when the service is up again.</summary>
    Running,

    /// <summary>It has dealt with everything that it concerns.</summary>
    Finished,

    /// <summary>It was stopped before that. What was done stays done.</summary>
    Stopped,
}
