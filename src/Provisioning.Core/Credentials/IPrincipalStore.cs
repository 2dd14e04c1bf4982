using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Credentials;

/// <summary>Registrars and administrators, and what registrars are limited to.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IPrincipalStore
{
    /// <summary>Reads one, always fresh: every request of a registrar asks.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The principal, or null.</returns>
    ValueTask<Principal?> FindPrincipalAsync(string name, CancellationToken ct);

    /// <summary>Reads all, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The principals.</returns>
    Task<IReadOnlyList<Principal>> ListPrincipalsAsync(CancellationToken ct);

    /// <summary>Puts a principal on record, with an audit entry; when it is there already, nothing changes.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind"><see cref="Certificates.HolderKind.Registrar"/>, <see cref="Certificates.HolderKind.Administrator"/> or <see cref="Certificates.HolderKind.RelyingParty"/>.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The principal as it is now; or <see cref="RefusalCode.AlreadyExists"/> when the name is one of the other kind.</returns>
    Task<Outcome<Principal>> AddPrincipalAsync(
        string name, Certificates.HolderKind kind, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Sets what a registrar is limited to, with an audit entry. It bites on requests that are already on their way.</summary>
    /// <param name="name">The registrar.</param>
    /// <param name="scope">The limits, sound; or null for none.</param>
    /// <param name="expected">The revision that the change was made from, or null for whichever there is.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The principal as it is now; or <see cref="RefusalCode.NotFound"/> when there is no such registrar, or
    /// <see cref="RefusalCode.PreconditionFailed"/>.
    /// </returns>
    Task<Outcome<Principal>> SetScopeAsync(
        string name, ScopeDefinition? scope, long? expected, string actor, DateTimeOffset at, CancellationToken ct);
}
