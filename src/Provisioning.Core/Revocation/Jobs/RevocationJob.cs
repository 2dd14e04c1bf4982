namespace Provisioning.Core.Revocation.Jobs;

/// <summary>The revocation or release of many certificates.</summary>
public sealed record RevocationJob
{
    /// <summary>Its ID: 32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>What is done to which certificates.</summary>
    public required RevocationOrder Order { get; init; }

    /// <summary>True when what is on record of it is damaged: it is over then, and its order is not to be believed.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>Where it stands.</summary>
    public required RevocationJobState State { get; init; }

    /// <summary>How many certificates the preview counted.</summary>
    public required long Previewed { get; init; }

    /// <summary>How many there were when it was confirmed.</summary>
    public required long Certificates { get; init; }

    /// <summary>How many it has changed; in the end more than were counted when devices renewed meanwhile, fewer when others were faster.</summary>
    public required long Done { get; init; }

    /// <summary>How many could not be changed: holds whose place was taken by another certificate, and rows that are damaged.</summary>
    public required long Failed { get; init; }

    /// <summary>When it was confirmed.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom; this name stands in the audit entry of each certificate.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When a second administrator has agreed, or null.</summary>
    public DateTimeOffset? ApprovedAt { get; init; }

    /// <summary>Who that was, or null.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>When it began: what was on record then is what it concerns. Null while it waits.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it finished or was stopped, or null.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who stopped it, or null.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>True when nothing more will happen.</summary>
    public bool IsOver => State is RevocationJobState.Finished or RevocationJobState.Stopped;

    /// <summary>How many certificates a second it has changed since it began, interruptions included.</summary>
    /// <param name="now">The time.</param>
    /// <returns>Of the whole time until it ended; 0 before it began.</returns>
    public double PerSecondAt(DateTimeOffset now) =>
        StartedAt is { } started && ((EndedAt ?? now) - started).TotalSeconds is > 0 and var seconds ? Done / Math.Max(seconds, 0.001) : 0;
}
