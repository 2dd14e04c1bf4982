using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Revocation;

/// <inheritdoc/>
internal sealed class RegistrarRevocationStore(Writer writer) : IRegistrarRevocationStore
{
    public Task<Outcome<RegistrarChange>> RevokeAsync(
        RevokingRegistrar registrar, SerialNumber serialNumber, RevocationReason reason, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new RegistrarRevokeOperation(transaction, registrar, at).Revoke(serialNumber, reason), ct);

    public Task<Outcome<CertificateRecord>> ReleaseAsync(
        RevokingRegistrar registrar, SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new RegistrarRevokeOperation(transaction, registrar, at).Release(serialNumber), ct);

    public Task<Outcome<ChangedDevice>> RevokeDeviceAsync(
        RevokingRegistrar registrar, DeviceId id, RevocationReason reason, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new RegistrarRevokeOperation(transaction, registrar, at).RevokeDevice(id, reason), ct);
}
