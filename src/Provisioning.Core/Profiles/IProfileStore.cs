using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Profiles;

/// <summary>The profiles on record, with all their versions. The contract of writes is that of <see cref="ICertificateStore"/>.</summary>
public interface IProfileStore
{
    /// <summary>
    /// Adds a version, with one audit entry, when the profile is in the version that is expected.
    /// </summary>
    /// <param name="draft">The version; its number is that of the last one plus 1, whatever it says.</param>
    /// <param name="expected">The last version, 0 for none or a deleted one; null for any.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>The version as it is on record; or <see cref="RefusalCode.PreconditionFailed"/>, and nothing has changed.</returns>
    Task<Outcome<ProfileVersion>> AddVersionAsync(ProfileVersion draft, long? expected, CancellationToken ct);

    /// <summary>The last version of every profile, deleted ones too, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>All of them: there are few.</returns>
    Task<IReadOnlyList<ProfileVersion>> ListProfilesAsync(CancellationToken ct);

    /// <summary>The last version of one profile, also when that says that it is deleted.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The version, or null.</returns>
    ValueTask<ProfileVersion?> FindProfileAsync(string name, CancellationToken ct);

    /// <summary>The last version that came from a file.</summary>
    /// <param name="name">The profile's name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The version, or null.</returns>
    ValueTask<ProfileVersion?> FindSeedAsync(string name, CancellationToken ct);

    /// <summary>The versions of one profile, newest first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">Rows a page, 1 to 500.</param>
    /// <param name="cursor">The cursor that the page before gave, or null.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page; empty for a profile that there never was.</returns>
    Task<Page<ProfileVersion>> ListVersionsAsync(string name, int limit, Cursor? cursor, CancellationToken ct);
}
