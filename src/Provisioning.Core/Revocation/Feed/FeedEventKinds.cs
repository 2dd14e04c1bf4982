using System.Collections.Frozen;
using Provisioning.Core.Audit;

namespace Provisioning.Core.Revocation.Feed;

/// <summary>Which audit entries are events, and how their kinds are called.</summary>
public static class FeedEventKinds
{
    private static readonly (FeedEventKind Kind, string Action, string Type)[] All =
    [
        (FeedEventKind.CertificateRevoked, AuditActions.CertificateRevoked, "provisioning.certificate.revoked"),
        (FeedEventKind.CertificateHeld, AuditActions.CertificateHeld, "provisioning.certificate.held"),
        (FeedEventKind.CertificateReleased, AuditActions.HoldReleased, "provisioning.certificate.released"),
        (FeedEventKind.DeviceSuspended, AuditActions.DeviceSuspended, "provisioning.device.suspended"),
        (FeedEventKind.DeviceResumed, AuditActions.DeviceResumed, "provisioning.device.resumed"),
        (FeedEventKind.DeviceQuarantined, AuditActions.DeviceQuarantined, "provisioning.device.quarantined"),
        (FeedEventKind.DeviceReleased, AuditActions.DeviceReleased, "provisioning.device.released"),
        (FeedEventKind.DeviceDecommissioned, AuditActions.DeviceDecommissioned, "provisioning.device.decommissioned"),
        (FeedEventKind.RenewalLate, AuditActions.RenewalLate, "provisioning.renewal.late"),
        (FeedEventKind.AuthorityExpiring, AuditActions.AuthorityExpiring, "provisioning.authority.expiring"),
    ];

    private static readonly FrozenDictionary<string, FeedEventKind> ByAction = All.ToFrozenDictionary(one => one.Action, one => one.Kind);
    private static readonly FrozenDictionary<FeedEventKind, string> Types = All.ToFrozenDictionary(one => one.Kind, one => one.Type);

    /// <summary>The audit actions that are events.</summary>
    public static IReadOnlyCollection<string> Actions => ByAction.Keys;

    /// <summary>What <see cref="TypeOf"/> gives, in the order of the kinds.</summary>
    public static IReadOnlyList<string> AllTypes { get; } = [.. All.Select(one => one.Type)];

    /// <summary>The event that an audit entry is.</summary>
    /// <param name="action">One of <see cref="AuditActions"/>.</param>
    /// <returns>Its kind, or null when relying parties are not told.</returns>
    public static FeedEventKind? OfAction(string action) => ByAction.TryGetValue(action, out var kind) ? kind : null;

    /// <summary>The <c>type</c> of the CloudEvent.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>Such as <c>provisioning.certificate.revoked</c>.</returns>
    public static string TypeOf(FeedEventKind kind) => Types[kind];
}
