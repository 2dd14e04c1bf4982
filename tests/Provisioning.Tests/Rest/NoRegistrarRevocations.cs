using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Rest;

/// <summary>Registrars find nothing to revoke.</summary>
internal sealed class NoRegistrarRevocations : IRegistrarRevocationStore
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is none.");

    public Task<Outcome<RegistrarChange>> RevokeAsync(
        RevokingRegistrar registrar, SerialNumber serialNumber, RevocationReason reason, DateTimeOffset at, CancellationToken ct) =>
        Task.FromResult<Outcome<RegistrarChange>>(NotFound);

    public Task<Outcome<CertificateRecord>> ReleaseAsync(
        RevokingRegistrar registrar, SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) =>
        Task.FromResult<Outcome<CertificateRecord>>(NotFound);

    public Task<Outcome<ChangedDevice>> RevokeDeviceAsync(
        RevokingRegistrar registrar, DeviceId id, RevocationReason reason, DateTimeOffset at, CancellationToken ct) =>
        Task.FromResult<Outcome<ChangedDevice>>(NotFound);
}
