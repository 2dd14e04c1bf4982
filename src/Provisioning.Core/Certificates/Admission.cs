namespace Provisioning.Core.Certificates;

/// <summary>
/// What let the first certificate of a device be planned. It was read before; the reserve transaction reads it again, so that
/// neither a second node nor a crash gets past it.
/// </summary>
public sealed record Admission
{
    /// <summary>
    /// The device's revision that the plan rests on, or null when it was not known: another now is
    /// <see cref="Enrollment.RefusalCode.PolicyChanged"/>.
    /// </summary>
    public required long? DeviceRevision { get; init; }

    /// <summary>
    /// The only key that the device may come with, as it was read with <see cref="DeviceRevision"/>; null for any.
    /// </summary>
    public Digest? ExpectedKey { get; init; }

    /// <summary>The registrar that asks and the revision of its scope, or null for other callers.</summary>
    public string? Registrar { get; init; }

    /// <summary>See <see cref="Registrar"/>.</summary>
    public long RegistrarRevision { get; init; }

    /// <summary>The certificate that the caller showed, which must still be good; null when it showed none of ours.</summary>
    public SerialNumber? CallerCertificate { get; init; }

    /// <summary>How many certificates the registrar may be given on the day of the reservation (UTC), or null.</summary>
    public int? DailyLimit { get; init; }

    /// <summary>The token of which one use is taken, or null.</summary>
    public string? Token { get; init; }

    /// <summary>The lot that the unit counts for, or null.</summary>
    public string? Lot { get; init; }

    /// <summary>The revision of the lot that the plan rests on.</summary>
    public long LotRevision { get; init; }

    /// <summary>True when the unit must be on the lot's list.</summary>
    public bool MustBeListed { get; init; }

    /// <summary>True when an administrator must have approved it: nothing is reserved without <see cref="Approval"/>.</summary>
    public bool NeedsApproval { get; init; }

    /// <summary>The approval that is used up by this, or null.</summary>
    public string? Approval { get; init; }

    /// <summary>The hash of the exact request that must have been approved, or null.</summary>
    public Digest? ApprovedHash { get; init; }

    /// <summary>The claim batch of the caller, which must not have been revoked; or null. The device must be unclaimed.</summary>
    public string? ClaimBatch { get; init; }

    /// <summary>SHA-256 of the manufacturer's certificate that the device shows, which is bound to it by this; or null.</summary>
    public Digest? BirthThumbprint { get; init; }

    /// <summary>The trust anchor of that certificate, which must not have been withdrawn.</summary>
    public string? BirthAnchor { get; init; }
}
