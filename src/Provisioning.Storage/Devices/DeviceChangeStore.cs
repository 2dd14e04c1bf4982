using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Devices;

/// <inheritdoc/>
internal sealed class DeviceChangeStore(Writer writer) : IDeviceChangeStore
{
    public Task<Outcome<ChangedDevice>> ChangeAsync(
        DeviceId id, DeviceChange change, string? reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new DeviceChangeOperation(transaction, id, actor, at).Change(change, reason), ct);

    public Task<Outcome<ChangedDevice>> RevokeAllAsync(
        DeviceId id, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new DeviceChangeOperation(transaction, id, actor, at).RevokeAll(reason), ct);
}
