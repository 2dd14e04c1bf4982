namespace Provisioning.Core.Enrollment;

/// <summary>What a registrar asks for: the first certificate of a device.</summary>
/// <param name="DeviceId">The device ID as it was sent.</param>
/// <param name="CertificationRequest">The PKCS#10 request, DER.</param>
/// <param name="Attributes">What is to be kept with the device; null for nothing.</param>
/// <param name="RequestKey">The Idempotency-Key, or null.</param>
public sealed record EnrollmentRequest(
    string DeviceId,
    ReadOnlyMemory<byte> CertificationRequest,
    IReadOnlyDictionary<string, string>? Attributes = null,
    string? RequestKey = null);
