namespace Provisioning.Core.Certificates;

/// <summary>A row of the registry with the signed certificate.</summary>
/// <param name="Record">The row.</param>
/// <param name="Der">The certificate as it was signed.</param>
public sealed record StoredCertificate(CertificateRecord Record, ReadOnlyMemory<byte> Der);
