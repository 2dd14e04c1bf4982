using Provisioning.Core.Certificates;

namespace Provisioning.Core.Campaigns;

/// <summary>A certificate in use that is older than a campaign of its group.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="IsRenewed">True when it has a successor that its device has not shown yet.</param>
public sealed record Straggler(CertificateRecord Certificate, bool IsRenewed);
