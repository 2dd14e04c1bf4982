using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>The answer of the pipeline.</summary>
/// <param name="Record">The row of the registry.</param>
/// <param name="Der">The certificate.</param>
/// <param name="Chain">What is above it, from its issuer to the root, DER.</param>
/// <param name="Window">When to renew it; null for one without an end.</param>
public sealed record IssuedCertificate(
    CertificateRecord Record,
    ReadOnlyMemory<byte> Der,
    IReadOnlyList<ReadOnlyMemory<byte>> Chain,
    RenewalWindow? Window);
