namespace Provisioning.Core.Groups;

/// <summary>How the devices of a group renew. Not judged yet: see <see cref="EnrollmentGroup.Create"/>.</summary>
public sealed record RenewalPolicy
{
    /// <summary>The longest of each of the durations below.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>The shortest <see cref="ConfirmWithin"/>: a certificate that is on its way is not taken back.</summary>
    public static readonly TimeSpan ShortestConfirmation = TimeSpan.FromHours(1);

    /// <summary>How long a certificate still authenticates after its successor was seen.</summary>
    public TimeSpan Overlap { get; init; } = TimeSpan.FromDays(1);

    /// <summary>True to revoke a certificate (reason superseded) when its overlap is over.</summary>
    public bool RevokeSuperseded { get; init; }

    /// <summary>
    /// A renewed certificate is given up when its device still shows the one before so long after it; null for never. A device that is
    /// switched off shows nothing, and keeps both.
    /// </summary>
    public TimeSpan? ConfirmWithin { get; init; } = TimeSpan.FromDays(30);

    /// <summary>What becomes of a renewal before its window.</summary>
    public EarlyRenewal Early { get; init; }

    /// <summary>How long after its end a certificate may still renew, and do nothing else.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>Who lets a renewal after the end happen.</summary>
    public Approval GraceApproval { get; init; }

    /// <summary>Whether the key changes.</summary>
    public Rekey Rekey { get; init; }

    /// <summary>What becomes of a certificate whose successor is in use.</summary>
    /// <returns>The overlap, and whether it is revoked after it.</returns>
    public Certificates.Succession ToSuccession() => new(Overlap, RevokeSuperseded);
}
