using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Feed;

/// <summary>Something that decides whether a relying party may still let somebody in: an entry of the audit, with its certificate.</summary>
public sealed record FeedEvent
{
    /// <summary>The number of the audit entry: the order in which it became durable, and the event's ID for ever.</summary>
    public required long Sequence { get; init; }

    /// <summary>When, to the millisecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What.</summary>
    public required FeedEventKind Kind { get; init; }

    /// <summary>What kind of holder, or null when the entry names none.</summary>
    public required HolderKind? HolderKind { get; init; }

    /// <summary>The device or principal, or null when the entry names none.</summary>
    public required string? Holder { get; init; }

    /// <summary>Why a certificate was revoked; null for all other kinds.</summary>
    public required RevocationReason? Reason { get; init; }

    /// <summary>The serial number of the certificate, as the audit has it; null for what is about a device.</summary>
    public required string? SerialNumber { get; init; }

    /// <summary>The authority that issued the certificate, or that comes to its end; null for what is about a device.</summary>
    public required string? Authority { get; init; }

    /// <summary>When the certificate or the authority ends, or null.</summary>
    public required DateTimeOffset? NotAfter { get; init; }

    /// <summary>The certificate as it is on record now; null for what is about a device, and where its row cannot be read.</summary>
    public required CertificateRecord? Certificate { get; init; }
}
