using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What a revocation job is to do: revoke what a filter fits, or release what another job has put on hold.</summary>
internal sealed record RevocationOrderBody
{
    /// <summary>
    /// Why (RFC 5280 §5.3.1). <c>certificateHold</c> can be released by another job; <c>keyCompromise</c> blocks the keys for ever.
    /// </summary>
    /// <example>certificateHold</example>
    [NamesOf(typeof(RevocationReason))]
    public string? Reason { get; init; }

    /// <summary>Which certificates.</summary>
    public RevocationFilterBody? Filter { get; init; }

    /// <summary>Instead of both: the job whose holds are to be released. What was held again or revoked since is left alone.</summary>
    /// <example>8A1F6C0B57D94E238B1C4D7E90A2F365</example>
    public string? Releases { get; init; }

    internal Checked<RevocationOrder> ToOrder()
    {
        if (Releases is { } job)
        {
            return Reason is null && Filter is null
                ? new RevocationOrder(RevocationJobKind.Release, null, new RevocationFilter { Job = job.Contains('\0', StringComparison.Ordinal) ? "" : job })
                : Bad("/releases", "A release has no reason and no filter.");
        }

        if (Filter?.FirstNull() is { } problem) return problem;
        if (!RevocationReasons.TryParse(Reason, out var reason)) return CertificateEndpoints.BadReason();
        if (Filter is null) return Bad("/filter", "Name at least one condition.");
        return Filter.ToFilter().TryGet(out var filter, out problem)
            ? new RevocationOrder(RevocationJobKind.Revoke, reason, filter)
            : problem;
    }

    private static Problem Bad(string pointer, string detail) =>
        RestErrors.Of(new Refusal(RefusalCode.BadRevocationJob, detail)) with { Pointer = pointer };
}
