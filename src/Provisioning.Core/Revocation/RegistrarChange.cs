using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>What came of a registrar's revocation.</summary>
/// <param name="Certificate">The row as it is now.</param>
/// <param name="IsChanged">False when it was so already.</param>
public sealed record RegistrarChange(CertificateRecord Certificate, bool IsChanged);
