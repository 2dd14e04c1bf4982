using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Groups;

/// <summary>Where enrollment groups are on record, with every version that there was.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface IGroupStore
{
    /// <summary>Reads the newest version of every group, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The groups.</returns>
    Task<IReadOnlyList<GroupVersion>> ListGroupsAsync(CancellationToken ct);

    /// <summary>Reads all versions of a group, newest first.</summary>
    /// <param name="name">The group.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Its versions; empty when there is no such group.</returns>
    Task<IReadOnlyList<GroupVersion>> ListGroupVersionsAsync(string name, CancellationToken ct);

    /// <summary>Puts the next version of a group on record, with an audit entry.</summary>
    /// <param name="group">The group, sound; its version is the one that it gets.</param>
    /// <param name="actor">Who says so.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// What is on record now, or <see cref="RefusalCode.PreconditionFailed"/> when the version before is not the newest one (none, for
    /// version 1).
    /// </returns>
    Task<Outcome<GroupVersion>> SaveGroupAsync(EnrollmentGroup group, string actor, DateTimeOffset at, CancellationToken ct);
}
