using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Authorities;

/// <summary>Issues what the service itself needs, through the same pipeline as everything else.</summary>
/// <param name="ca">The pipeline.</param>
public sealed class InternalIssuer(CertificateAuthority ca)
{
    private static readonly Caller.Service Service = new();

    /// <summary>Issues to the holder of a key. The same holder, key and names give the same certificate again while it is good.</summary>
    /// <param name="issuer">Who signs.</param>
    /// <param name="kind">What kind of holder.</param>
    /// <param name="holder">Its name.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="key">The key.</param>
    /// <param name="names">Names beyond those of the profile.</param>
    /// <param name="purpose">
    /// What a retry after a crash is recognized by, such as <c>first credential admin</c>; null when every call is to give a new certificate.
    /// </param>
    /// <returns>The certificate.</returns>
    /// <exception cref="IssuanceRefusedException">
    /// It was refused, which only a wrong clock or a wrong configuration can cause; the message says why.
    /// </exception>
    public async Task<StoredCertificate> IssueAsync(
        Authority issuer,
        HolderKind kind,
        string holder,
        string profile,
        SigningKey key,
        IReadOnlyList<GeneralName> names,
        string? purpose)
    {
        var identity = $"{kind} {profile} {key.PublicKey.Thumbprint} {purpose} {string.Join(' ', names)}";
        var input = new PlanInput
        {
            Key = key.PublicKey,
            Issuer = issuer,
            ExtraNames = names,
            RequestHash = Digest.Of(System.Text.Encoding.UTF8.GetBytes(identity)),
            RequestKey = purpose,
        };
        return await IssueAsync(AuthorizedRequest.Service(Service, kind, holder, profile), holder, input);
    }

    /// <summary>
    /// Issues to a new authority. The key belongs to its name in paths, and the common name is not a part of the request: so what was killed can
    /// be done again, also when the configuration names the authority otherwise meanwhile. Another key is another request.
    /// </summary>
    /// <param name="issuer">Who signs; null for a root, which signs itself.</param>
    /// <param name="name">The name in paths, such as <c>issuing-2</c>.</param>
    /// <param name="commonName">What it is called in certificates.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="key">Its key.</param>
    /// <returns>The certificate; the one that was made before, whatever it calls the authority, when there is one.</returns>
    /// <exception cref="IssuanceRefusedException">It was refused; the message says why.</exception>
    internal Task<StoredCertificate> IssueAuthorityAsync(Authority? issuer, string name, string commonName, string profile, SigningKey key)
    {
        var request = $"authority {name} {key.PublicKey.Thumbprint}";
        var input = new PlanInput
        {
            Key = key.PublicKey,
            Issuer = issuer,
            RootKey = issuer is null ? key : null,
            RequestHash = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{request} {profile}")),
            RequestKey = request,
        };
        return IssueAsync(AuthorizedRequest.Service(Service, HolderKind.Authority, name, profile, commonName), name, input);
    }

    /// <summary>The subject that <see cref="IssueAuthorityAsync"/> would give.</summary>
    /// <param name="name">The name in paths.</param>
    /// <param name="commonName">What it is to be called.</param>
    /// <param name="profile">The profile.</param>
    /// <returns>DER.</returns>
    /// <exception cref="IssuanceRefusedException">The profile makes no name of it.</exception>
    internal byte[] SubjectOf(string name, string commonName, string profile) =>
        CertificateNames.Make(ca.Profiles[profile], NameSource.OfAuthority(commonName)).TryGet(out var names, out var refusal)
            ? DistinguishedName.Encode(names.Subject)
            : throw new IssuanceRefusedException(name, refusal);

    private async Task<StoredCertificate> IssueAsync(Outcome<AuthorizedRequest> request, string holder, PlanInput input)
    {
        if (!request.TryGet(out var allowed, out var refusal) || !(await ca.IssueAsync(allowed, input)).TryGet(out var stored, out refusal))
            throw new IssuanceRefusedException(holder, refusal);
        return stored;
    }
}
