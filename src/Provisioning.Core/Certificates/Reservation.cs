namespace Provisioning.Core.Certificates;

/// <summary>What the pipeline asks to be on record before it signs.</summary>
public sealed record Reservation
{
    /// <summary>The authority that will sign.</summary>
    public required string Authority { get; init; }

    /// <summary>The serial number in the plan.</summary>
    public required SerialNumber SerialNumber { get; init; }

    /// <summary>What kind of holder.</summary>
    public required HolderKind HolderKind { get; init; }

    /// <summary>The device ID, or the name of the principal.</summary>
    public required string Holder { get; init; }

    /// <summary>The profile's name.</summary>
    public required string Profile { get; init; }

    /// <summary>The shard whose CRL would list it; its address stands in the plan.</summary>
    public int CrlShard { get; init; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo in the plan.</summary>
    public required Digest KeyThumbprint { get; init; }

    /// <summary>SHA-256 of the planned TBSCertificate.</summary>
    public required Digest TbsHash { get; init; }

    /// <summary>The alternative names in the plan that lead to the holder, each once.</summary>
    public IReadOnlyList<FindableName> Names { get; init; } = [];

    /// <summary>Valid from, inclusive.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Now.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who asks (<see cref="Enrollment.Caller.Actor"/>).</summary>
    public required string Requester { get; init; }

    /// <summary>
    /// For a device: the certificate that authenticated this renewal, or null for a first enrollment.
    /// </summary>
    public SerialNumber? Renews { get; init; }

    /// <summary>The Idempotency-Key, unique per requester, or null when the caller gave none.</summary>
    public string? RequestKey { get; init; }

    /// <summary>SHA-256 over everything that makes the request this request (device, slot, lot, certification request, attributes).</summary>
    public required Digest RequestHash { get; init; }

    /// <summary>For a device: the slot that the certificate is for.</summary>
    public string Slot { get; init; } = Groups.GroupSlot.Operational;

    /// <summary>
    /// For a device: its enrollment group and the version of it that the plan rests on; null where no group decides. Another
    /// version now is <see cref="Enrollment.RefusalCode.PolicyChanged"/>.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>See <see cref="Group"/>.</summary>
    public long GroupVersion { get; init; }

    /// <summary>What becomes of the certificates that this one takes the place of.</summary>
    public Succession Succession { get; init; }

    /// <summary>
    /// For a renewal: the device's revision that the plan rests on, or null where none was read. Another now is
    /// <see cref="Enrollment.RefusalCode.PolicyChanged"/>.
    /// </summary>
    public long? DeviceRevision { get; init; }

    /// <summary>Why nothing new is reserved, though what is there already may be given again; or null.</summary>
    public Enrollment.Refusal? UnlessExisting { get; init; }

    /// <summary>
    /// Where the key is made here for this request: SHA-256 of the SubjectPublicKeyInfo that the request is signed with, which is not certified; it may be
    /// nobody's, or this device's. Else null.
    /// </summary>
    public Digest? SignedWith { get; init; }

    /// <summary>
    /// True when the key is made here for this request. Then a certificate that the same request was given before, and nobody has shown, may give
    /// its place up: its key may have been lost with the answer, and is not kept. <see cref="ICertificateStore.ProbeAsync"/> says which one.
    /// </summary>
    public bool KeyIsMade => SignedWith is not null;

    /// <summary>
    /// The certificate that gives its place up, as the probe said before the key was made; null for none. Where it is another one now, a request
    /// that came later was answered first, and this one is <see cref="Enrollment.RefusalCode.RequestInProgress"/>.
    /// </summary>
    public SerialNumber? Replaces { get; init; }

    /// <summary>What let a first certificate be planned, or null for renewals and for what the service itself needs.</summary>
    public Admission? Admission { get; init; }

    /// <summary>
    /// Attributes to be kept with the device from now on, or null for those that it has: all of them, those that it had
    /// included.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
