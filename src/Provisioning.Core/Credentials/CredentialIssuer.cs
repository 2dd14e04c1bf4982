using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Credentials;

/// <summary>Issues the certificates of registrars, administrators and claim batches, through the same pipeline as everything else.</summary>
/// <param name="ca">The pipeline.</param>
/// <param name="authorities">Who signs.</param>
/// <param name="windows">When certificates should be renewed.</param>
public sealed class CredentialIssuer(CertificateAuthority ca, AuthorityDirectory authorities, RenewalWindows windows)
{
    /// <summary>Asks whether it is allowed and reads the request; changes nothing.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="kind">What kind of credential.</param>
    /// <param name="holder">Its holder.</param>
    /// <param name="certificationRequest">The PKCS#10 request, DER; its subject is empty or names the holder.</param>
    /// <returns>What can be issued, or the refusal.</returns>
    public Outcome<CredentialRequest> Read(Caller caller, HolderKind kind, string holder, ReadOnlyMemory<byte> certificationRequest)
    {
        if (!AuthorizedRequest.Credential(caller, kind, holder).TryGet(out var allowed, out var refusal)) return refusal;
        if (ca.Profiles.Find(allowed.Profile) is not { } profile || profile.Holder != kind)
            return new Refusal(RefusalCode.BadCredential, $"There is no profile '{allowed.Profile}' for such a holder.");
        if (!CertificationRequestReader.Read(certificationRequest).TryGet(out var csr, out refusal)) return refusal;
        if (RequestRules.Check(csr, profile, NameSource.Of(allowed, null)) is { } notGranted) return notGranted;
        return authorities.All.Any(authority => authority.KeyThumbprint == csr.Key.Thumbprint)
            ? new Refusal(RefusalCode.BadKey, "This is the key of a certificate authority.")
            : new CredentialRequest(allowed, csr);
    }

    /// <summary>Issues. The same certification request from the same caller gives the same certificate again.</summary>
    /// <param name="request">What was read.</param>
    /// <returns>The certificate, or the refusal.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<IssuedCertificate>> IssueAsync(CredentialRequest request)
    {
        var (allowed, csr) = (request.Allowed, request.CertificationRequest);
        var input = new PlanInput
        {
            Key = csr.Key,
            Issuer = authorities.Issuing,
            RequestHash = RequestHash.Of($"credential {allowed.HolderKind}", allowed.Holder, csr.Hash, null),
            RequestKey = $"{allowed.HolderKind} {allowed.Holder} {csr.Hash}",
        };
        return (await ca.IssueAsync(allowed, input)).TryGet(out var stored, out var refusal)
            ? new IssuedCertificate(
                stored.Record, stored.Der, authorities.ChainOf(stored.Record.Authority), windows.Of(stored.Record))
            : refusal;
    }
}
