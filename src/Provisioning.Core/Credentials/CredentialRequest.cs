using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Credentials;

/// <summary>A certification request for a credential that was allowed and read, and is ready to be issued.</summary>
public sealed record CredentialRequest
{
    internal CredentialRequest(AuthorizedRequest allowed, CertificationRequest certificationRequest) =>
        (Allowed, CertificationRequest) = (allowed, certificationRequest);

    internal AuthorizedRequest Allowed { get; }

    internal CertificationRequest CertificationRequest { get; }
}
