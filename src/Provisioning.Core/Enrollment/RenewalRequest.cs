namespace Provisioning.Core.Enrollment;

/// <summary>What a device asks for with its operational certificate: the next one.</summary>
/// <param name="CertificationRequest">The PKCS#10 request, DER.</param>
/// <param name="RequestKey">The Idempotency-Key, or null.</param>
public sealed record RenewalRequest(ReadOnlyMemory<byte> CertificationRequest, string? RequestKey = null)
{
    /// <summary>The group that the device says it is in, or null when it says nothing.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// True when the names in the request say which certificate is renewed (RFC 7030 §4.2.2): they must be its names, and the next certificate
    /// has those that its profile gives now. False when they are a wish, and must be what is granted.
    /// </summary>
    public bool RepeatsNames { get; init; }

    /// <summary>The tls-unique of the session that it came over (RFC 5929 §3); null where there is none.</summary>
    public ReadOnlyMemory<byte>? ChannelBinding { get; init; }

    /// <summary>
    /// Where a key is to be made, of the kind that the request is signed with, which then says no more than that; null for the request's own key.
    /// </summary>
    public ServerKey? ServerKey { get; init; }
}
