using Provisioning.Core.Certificates;

namespace Provisioning.Core.Authorities;

/// <summary>The authorities and principals on record. The contract of writes is that of <see cref="ICertificateStore"/>.</summary>
public interface IAuthorityStore
{
    /// <summary>
    /// Puts authorities on record, all in one transaction, with one audit entry each. The same name with the same certificate
    /// again changes nothing.
    /// </summary>
    /// <param name="authorities">The authorities.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Null; or the name that is taken by another certificate, and then nothing was put on record.</returns>
    Task<string?> AddAuthoritiesAsync(IReadOnlyList<AuthorityRecord> authorities, DateTimeOffset at, CancellationToken ct);

    /// <summary>All authorities, the root first.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Usually two.</returns>
    Task<IReadOnlyList<AuthorityRecord>> ListAuthoritiesAsync(CancellationToken ct);

    /// <summary>Adds a registrar or administrator, with one audit entry; a name that exists with the same kind stays as it is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind"><see cref="HolderKind.Registrar"/> or <see cref="HolderKind.Administrator"/>.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>False when the name is taken by the other kind.</returns>
    Task<bool> AddPrincipalAsync(string name, HolderKind kind, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// The latest time that any row carries: the clock must not be behind it. What was written before a time was accepted
    /// (<see cref="AcceptTimeAsync"/>) does not count.
    /// </summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Null in an empty database.</returns>
    ValueTask<DateTimeOffset?> LatestTimeAsync(CancellationToken ct);

    /// <summary>
    /// An administrator says that this is the time, whatever is on record: <see cref="LatestTimeAsync"/> starts again from
    /// here. One audit entry (<c>clock-accepted</c>).
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="before">The latest time on record until now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task AcceptTimeAsync(DateTimeOffset now, DateTimeOffset before, CancellationToken ct);
}
