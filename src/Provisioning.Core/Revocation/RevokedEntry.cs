namespace Provisioning.Core.Revocation;

/// <summary>An entry of a CRL.</summary>
/// <param name="SerialNumber">The octets of the serial number, without a sign octet.</param>
/// <param name="RevokedAt">When.</param>
/// <param name="Reason">Why.</param>
public readonly record struct RevokedEntry(byte[] SerialNumber, DateTimeOffset RevokedAt, RevocationReason Reason);
