using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Authorities;

/// <summary>Issues what the service itself needs, through the same pipeline as everything else.</summary>
/// <param name="ca">The pipeline.</param>
public sealed class InternalIssuer(CertificateAuthority ca)
{
    private static readonly Caller.Service Service = new();

    /// <summary>Issues to the holder of a key. The same holder, key and names give the same certificate again while it is good.</summary>
    /// <param name="issuer">Who signs; null for a root, which signs itself.</param>
    /// <param name="kind">What kind of holder.</param>
    /// <param name="holder">Its name.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="key">The key.</param>
    /// <param name="names">Names beyond those of the profile.</param>
    /// <param name="purpose">
    /// What a retry after a crash is recognized by, such as <c>first root</c>; null when every call is to give a new certificate.
    /// </param>
    /// <returns>The certificate.</returns>
    /// <exception cref="IssuanceRefusedException">
    /// It was refused, which only a wrong clock or a wrong configuration can cause; the message says why.
    /// </exception>
    public async Task<StoredCertificate> IssueAsync(
        Authority? issuer,
        HolderKind kind,
        string holder,
        string profile,
        SigningKey key,
        IReadOnlyList<GeneralName> names,
        string? purpose)
    {
        // Without the holder: a start that was killed may have chosen another random name for the same authority.
        var identity = $"{kind} {profile} {key.PublicKey.Thumbprint} {purpose} {string.Join(' ', names)}";
        var input = new PlanInput
        {
            Key = key.PublicKey,
            Issuer = issuer,
            RootKey = issuer is null ? key : null,
            ExtraNames = names,
            RequestHash = Digest.Of(System.Text.Encoding.UTF8.GetBytes(identity)),
            RequestKey = purpose,
        };
        if (!AuthorizedRequest.Service(Service, kind, holder, profile).TryGet(out var allowed, out var refusal)
            || !(await ca.IssueAsync(allowed, input)).TryGet(out var stored, out refusal))
        {
            throw new IssuanceRefusedException(holder, refusal);
        }

        return stored;
    }
}
