using Provisioning.Core.Authorities;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>What the lint must know of an issuer.</summary>
/// <param name="SubjectName">DER of its subject.</param>
/// <param name="KeyIdentifier">Its subject key identifier.</param>
/// <param name="Validity">Its own validity.</param>
/// <param name="MayBeOutlived">The profile lets a certificate without a well-defined end say so, although the issuer has one.</param>
internal sealed record LintIssuer(
    ReadOnlyMemory<byte> SubjectName, ReadOnlyMemory<byte> KeyIdentifier, Validity Validity, bool MayBeOutlived = false)
{
    /// <summary>Null for a root, which has none.</summary>
    internal static LintIssuer? Of(Authority? issuer, Profile profile) => issuer is null
        ? null
        : new LintIssuer(
            issuer.SubjectName, issuer.SubjectKeyIdentifier, new Validity(issuer.NotBefore, issuer.NotAfter), profile.OutlivesIssuer);
}
