using Provisioning.Core.Certificates;

namespace Provisioning.Core.Audit;

/// <summary>One line of the audit chain. Written in the transaction of the deed that it tells of, never by itself.</summary>
public sealed record AuditEntry
{
    /// <summary>1, 2, 3 … without a gap, whatever the clock does.</summary>
    public required long Sequence { get; init; }

    /// <summary>When, to the millisecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who (<see cref="Enrollment.Caller.Actor"/>).</summary>
    public required string Actor { get; init; }

    /// <summary>What; one of <see cref="AuditActions"/>.</summary>
    public required string Action { get; init; }

    /// <summary>The kind of holder that it is about, or null.</summary>
    public required HolderKind? HolderKind { get; init; }

    /// <summary>The device or principal that it is about, or null.</summary>
    public required string? Holder { get; init; }

    /// <summary>The serial number that it is about, as text, or null.</summary>
    public required string? SerialNumber { get; init; }

    /// <summary>A few words more: the thumbprint of what was signed, a reason, a CRL number. Never a secret.</summary>
    public required string? Detail { get; init; }

    /// <summary>
    /// SHA-256 over the hash before it and all fields of this entry (<see cref="AuditChain"/>): changing, dropping or
    /// swapping an entry breaks every hash after it.
    /// </summary>
    public required Digest Hash { get; init; }
}
