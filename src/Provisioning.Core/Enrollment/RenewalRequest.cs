namespace Provisioning.Core.Enrollment;

/// <summary>What a device asks for with its operational certificate: the next one.</summary>
/// <param name="CertificationRequest">The PKCS#10 request, DER.</param>
/// <param name="RequestKey">The Idempotency-Key, or null.</param>
public sealed record RenewalRequest(ReadOnlyMemory<byte> CertificationRequest, string? RequestKey = null);
