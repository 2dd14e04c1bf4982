namespace Provisioning.Core.Revocation;

/// <summary>An entry of a CRL.</summary>
/// <param name="SerialNumber">The octets of the serial number, without a sign octet.</param>
/// <param name="RevokedAt">When.</param>
/// <param name="Reason">Why.</param>
public readonly record struct RevokedEntry(byte[] SerialNumber, DateTimeOffset RevokedAt, RevocationReason Reason)
{
    /// <summary>In a delta CRL: it is revoked no more. Written as removeFromCRL (RFC 5280 §5.3.1), whatever the reason says.</summary>
    public bool IsReleased { get; init; }

    /// <summary>Its row is damaged: what can be read of it is here, and the rest is what does least harm.</summary>
    public bool IsDamaged { get; init; }
}
