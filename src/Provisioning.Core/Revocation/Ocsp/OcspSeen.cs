namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>A row of the registry, and the version of the registry that it was read at.</summary>
/// <param name="Version">See <see cref="ICertificateStatusStore.Version"/>.</param>
/// <param name="Row">The row.</param>
internal sealed record OcspSeen(long Version, CertificateStatusRow Row);
