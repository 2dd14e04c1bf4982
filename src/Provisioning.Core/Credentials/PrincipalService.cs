using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Credentials;

/// <summary>Adds registrars and administrators, so that each station and each person has a credential of its own.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="issuer">Issues their certificates.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class PrincipalService(IPrincipalStore store, CredentialIssuer issuer, ClockGuard clock)
{
    /// <summary>
    /// Adds a principal, if it is not there yet, and issues a certificate to it. The certificates that it has stay good: a station gets
    /// its next one so.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind"><see cref="HolderKind.Registrar"/>, <see cref="HolderKind.Administrator"/> or <see cref="HolderKind.RelyingParty"/>.</param>
    /// <param name="certificationRequest">The PKCS#10 request, DER. The same one again gives the same certificate.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="ct">Gives up before it begins.</param>
    /// <returns>
    /// The certificate; or why not: <see cref="RefusalCode.AlreadyExists"/> when the name is one of the other kind.
    /// </returns>
    public async Task<Outcome<IssuedCertificate>> AddAsync(
        string name, HolderKind kind, ReadOnlyMemory<byte> certificationRequest, Caller caller, CancellationToken ct)
    {
        if (!ResourceName.IsValid(name)) return new Refusal(RefusalCode.BadName, ResourceName.Rule) { Field = "/name" };
        if (!issuer.Read(caller, kind, name, certificationRequest).TryGet(out var request, out var refusal)) return refusal;
        var added = await store.AddPrincipalAsync(name, kind, caller.Actor, clock.LastBelieved(), ct);
        return added.TryGet(out _, out refusal) ? await issuer.IssueAsync(request) : refusal;
    }
}
