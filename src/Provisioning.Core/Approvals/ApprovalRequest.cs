using Provisioning.Core.Certificates;

namespace Provisioning.Core.Approvals;

/// <summary>An enrollment that waits for an administrator, with everything that the approval binds.</summary>
public sealed record ApprovalRequest
{
    /// <summary>Names it: 32 hexadecimal characters.</summary>
    public required string Id { get; init; }

    /// <summary>Where it stands. What has expired keeps its state; <see cref="ExpiresAt"/> tells.</summary>
    public required ApprovalState State { get; init; }

    /// <summary>The device that is to be enrolled.</summary>
    public required string DeviceId { get; init; }

    /// <summary>The group that wants the approval.</summary>
    public required string Group { get; init; }

    /// <summary>The version of the group that all other rules were kept of.</summary>
    public required long GroupVersion { get; init; }

    /// <summary>The slot of the certificate.</summary>
    public required string Slot { get; init; }

    /// <summary>The lot that the unit counts for, or null.</summary>
    public string? Lot { get; init; }

    /// <summary>Who asked (<see cref="Enrollment.Caller.Actor"/>); nobody else is given the certificate.</summary>
    public required string Requester { get; init; }

    /// <summary>SHA-256 over the whole request: what is approved, and nothing else.</summary>
    public required Digest RequestHash { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo that the request is signed with.</summary>
    public required Digest KeyThumbprint { get; init; }

    /// <summary>True when the key of the certificate is made here, once it is approved; nobody has it yet.</summary>
    public bool KeyIsMade { get; init; }

    /// <summary>Where the key is made anew, since the answer with the one before seems lost: the certificate that is revoked with it; else null.</summary>
    public SerialNumber? Replaces { get; init; }

    /// <summary>The PKCS#10 request, DER.</summary>
    public required ReadOnlyMemory<byte> CertificationRequest { get; init; }

    /// <summary>The attributes that were sent with it; empty when none.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>After that it counts for nothing, decided or not.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was decided, or null.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>By whom, or null.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>Why it was denied, or null.</summary>
    public string? Reason { get; init; }
}
