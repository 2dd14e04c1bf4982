namespace Provisioning.Core.Enrollment;

/// <summary>What is asked for: the first certificate of a device.</summary>
/// <param name="DeviceId">The device ID as it was sent; null where the protocol has no place for it, and the credential or the request names it.</param>
/// <param name="CertificationRequest">The PKCS#10 request, DER.</param>
/// <param name="Attributes">What is to be kept with the device; null for nothing.</param>
/// <param name="RequestKey">The Idempotency-Key, or null.</param>
public sealed record EnrollmentRequest(
    string? DeviceId,
    ReadOnlyMemory<byte> CertificationRequest,
    IReadOnlyDictionary<string, string>? Attributes = null,
    string? RequestKey = null)
{
    /// <summary>The enrollment group, or null for that of the credential, the lot or the device.</summary>
    public string? Group { get; init; }

    /// <summary>The lot that the unit counts for, or null for that of the credential.</summary>
    public string? Lot { get; init; }

    /// <summary>The slot of the certificate, or null for the group's first.</summary>
    public string? Slot { get; init; }

    /// <summary>The tls-unique of the session that it came over (RFC 5929 §3); null where there is none.</summary>
    public ReadOnlyMemory<byte>? ChannelBinding { get; init; }

    /// <summary>
    /// Where a key is to be made, of the kind that the request is signed with, which then says no more than that; null for the request's own key.
    /// </summary>
    public ServerKey? ServerKey { get; init; }
}
