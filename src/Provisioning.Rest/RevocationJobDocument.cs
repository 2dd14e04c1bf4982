using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>The revocation or release of many certificates.</summary>
internal sealed record RevocationJobDocument
{
    /// <summary>Its ID.</summary>
    /// <example>8A1F6C0B57D94E238B1C4D7E90A2F365</example>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    /// <example>revoke</example>
    [NamesOf(typeof(RevocationJobKind))]
    public required string Action { get; init; }

    /// <summary>Why, of a revocation; else null.</summary>
    /// <example>certificateHold</example>
    [NamesOf(typeof(RevocationReason))]
    public required string? Reason { get; init; }

    /// <summary>Which certificates it concerns; null of a release, and when what is on record of the job is damaged.</summary>
    public required RevocationFilterDocument? Filter { get; init; }

    /// <summary>Of a release: the job whose holds are released; else null.</summary>
    public required string? Releases { get; init; }

    /// <summary>Where it stands. <c>waiting</c>: a second administrator must agree.</summary>
    /// <example>running</example>
    [NamesOf(typeof(RevocationJobState))]
    public required string State { get; init; }

    /// <summary>How many certificates the preview counted.</summary>
    /// <example>10000</example>
    public required long Previewed { get; init; }

    /// <summary>How many there were when it was confirmed.</summary>
    /// <example>10000</example>
    public required long Certificates { get; init; }

    /// <summary>
    /// How many it has changed. In the end more than there were, when devices have renewed meanwhile; fewer, when others were faster.
    /// </summary>
    /// <example>6000</example>
    public required long Done { get; init; }

    /// <summary>How many could not be changed: holds whose place another certificate has taken.</summary>
    public required long Failed { get; init; }

    /// <summary>How many a second it has changed since it began, interruptions included.</summary>
    /// <example>21000</example>
    public required double PerSecond { get; init; }

    /// <summary>When it was confirmed.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string CreatedBy { get; init; }

    /// <summary>When a second administrator has agreed, or null.</summary>
    public required DateTimeOffset? ApprovedAt { get; init; }

    /// <summary>Who that was, or null.</summary>
    public required string? ApprovedBy { get; init; }

    /// <summary>When it began: it concerns what was on record then. Null while it waits.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it finished or was stopped, or null.</summary>
    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who stopped it, or null.</summary>
    public required string? StoppedBy { get; init; }

    internal static RevocationJobDocument Of(RevocationJob job, DateTimeOffset now) => new()
    {
        Id = job.Id,
        Action = WireNames.Of(job.Order.Kind),
        Reason = job.Order.Reason is { } reason ? RevocationReasons.ToText(reason) : null,
        Filter = job is { Order.Kind: RevocationJobKind.Revoke, IsDamaged: false } ? RevocationFilterDocument.Of(job.Order.Filter) : null,
        Releases = job.Order.Filter.Job,
        State = WireNames.Of(job.State),
        Previewed = job.Previewed,
        Certificates = job.Certificates,
        Done = job.Done,
        Failed = job.Failed,
        PerSecond = Math.Round(job.PerSecondAt(now)),
        CreatedAt = job.CreatedAt,
        CreatedBy = job.CreatedBy,
        ApprovedAt = job.ApprovedAt,
        ApprovedBy = job.ApprovedBy,
        StartedAt = job.StartedAt,
        EndedAt = job.EndedAt,
        StoppedBy = job.StoppedBy,
    };
}

/// <summary>The conditions of a revocation job. Of its lists, only how long they are.</summary>
internal sealed record RevocationFilterDocument
{
    /// <summary>The enrollment group, or null.</summary>
    /// <example>pumps</example>
    public required string? Group { get; init; }

    /// <summary>The lot, or null.</summary>
    public required string? Lot { get; init; }

    /// <summary>The authority, or null.</summary>
    public required string? Authority { get; init; }

    /// <summary>The profile, or null.</summary>
    public required string? Profile { get; init; }

    /// <summary>Reserved at this time or later, or null.</summary>
    public required DateTimeOffset? ReservedFrom { get; init; }

    /// <summary>Reserved before this time, or null.</summary>
    public required DateTimeOffset? ReservedBefore { get; init; }

    /// <summary>How many devices are listed, or null.</summary>
    public required int? Devices { get; init; }

    /// <summary>How many serial numbers are listed, or null.</summary>
    public required int? SerialNumbers { get; init; }

    internal static RevocationFilterDocument Of(RevocationFilter filter) => new()
    {
        Group = filter.Group,
        Lot = filter.Lot,
        Authority = filter.Authority,
        Profile = filter.Profile,
        ReservedFrom = filter.ReservedFrom,
        ReservedBefore = filter.ReservedBefore,
        Devices = filter.Devices?.Count,
        SerialNumbers = filter.SerialNumbers?.Count,
    };
}
