using Provisioning.Core.Revocation;

namespace Provisioning.Core.Certificates;

/// <summary>A row of the registry: what is known about one serial number, without the DER.</summary>
public sealed record CertificateRecord
{
    /// <summary>The authority that signs or signed it.</summary>
    public required string Authority { get; init; }

    /// <summary>The serial number.</summary>
    public required SerialNumber SerialNumber { get; init; }

    /// <summary>What kind of holder.</summary>
    public required HolderKind HolderKind { get; init; }

    /// <summary>The device ID, or the name of the principal.</summary>
    public required string Holder { get; init; }

    /// <summary>The name of the profile that it was planned with.</summary>
    public required string Profile { get; init; }

    /// <summary>Where it stands.</summary>
    public required CertificateState State { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo.</summary>
    public required Digest KeyThumbprint { get; init; }

    /// <summary>SHA-256 of the TBSCertificate that was reserved.</summary>
    public required Digest TbsHash { get; init; }

    /// <summary>SHA-256 of the certificate's DER, or null while nothing signed is recorded.</summary>
    public required Digest? Thumbprint { get; init; }

    /// <summary>Valid from, inclusive.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>When it was reserved.</summary>
    public required DateTimeOffset ReservedAt { get; init; }

    /// <summary>When the signed certificate was recorded, or null.</summary>
    public required DateTimeOffset? IssuedAt { get; init; }

    /// <summary>Who asked for it (<see cref="Enrollment.Caller.Actor"/>).</summary>
    public required string Requester { get; init; }

    /// <summary>When it was revoked or put on hold, or null.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Why it was revoked or put on hold, or null.</summary>
    public required RevocationReason? RevocationReason { get; init; }

    /// <summary>The slot of the device that it is for.</summary>
    public string Slot { get; init; } = Groups.GroupSlot.Operational;

    /// <summary>The enrollment group that admitted it, or null for none.</summary>
    public string? Group { get; init; }

    /// <summary>The version of the group that admitted it, or null.</summary>
    public long? GroupVersion { get; init; }

    /// <summary>When its holder first showed it, or null.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>When its holder last showed it, to the hour, or null.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>Superseded, but it still authenticates until then; null when it does not.</summary>
    public DateTimeOffset? WorksUntil { get; init; }
}
