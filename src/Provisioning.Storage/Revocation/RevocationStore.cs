using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Revocation;

/// <inheritdoc/>
internal sealed class RevocationStore(Writer writer) : IRevocationStore
{
    public Task<Outcome<CertificateRecord>> RevokeAsync(
        SerialNumber serialNumber, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(
            transaction => new RevokeOperation(transaction, serialNumber, actor, at).Revoke(reason), ct);

    public Task<Outcome<CertificateRecord>> ReleaseAsync(
        SerialNumber serialNumber, string actor, DateTimeOffset at, CancellationToken ct) =>
        writer.RunAsync(transaction => new RevokeOperation(transaction, serialNumber, actor, at).Release(), ct);
}
