using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Profiles;

/// <summary>
/// Brings the folder of profiles and the registry together, at a start. A file is taken over when the registry does not have the
/// profile, and when the file has changed since it was taken over and nobody has saved or deleted the profile meanwhile. What an
/// administrator has decided stays, and is told.
/// </summary>
/// <param name="store">The registry.</param>
/// <param name="catalog">Gets what counts.</param>
/// <param name="clock">Dates what is saved.</param>
public sealed class ProfileSeed(IProfileStore store, ProfileCatalog catalog, ClockGuard clock)
{
    private const string Actor = "service";

    /// <summary>Takes over what is new, and makes the catalog that of the registry.</summary>
    /// <param name="files">The profiles of the folder.</param>
    /// <param name="ct">Gives up between the steps.</param>
    /// <returns>What an operator should know, one sentence each.</returns>
    /// <exception cref="InvalidDataException">A profile on record cannot be used at all.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<Profile> files, CancellationToken ct)
    {
        var notes = new List<string>();
        var known = (await store.ListProfilesAsync(ct)).ToDictionary(version => version.Name);
        foreach (var file in files)
        {
            var definition = ProfileReader.Write(file.Definition);
            var current = known.GetValueOrDefault(file.Name);
            if (current is { IsDeleted: false } && current.Definition == definition) continue;
            if (current is null || (current.Origin == ProfileOrigin.File && !current.IsDeleted)) await SaveAsync(file.Name, definition, current, notes, ct);
            else await TellAsync(file.Name, definition, current, notes, ct);
        }

        catalog.Take((await store.ListProfilesAsync(ct)).Select(version => ToEntry(version, files, notes)));
        return notes;
    }

    private async Task SaveAsync(string name, string definition, ProfileVersion? current, List<string> notes, CancellationToken ct)
    {
        var draft = new ProfileVersion
        {
            Name = name,
            Version = 0,
            Definition = definition,
            Origin = ProfileOrigin.File,
            IsDeleted = false,
            At = clock.LastBelieved(),
            Actor = Actor,
        };
        if (!(await store.AddVersionAsync(draft, current?.Version ?? 0, ct)).TryGet(out var saved, out var refusal))
            throw new InvalidDataException($"The profile '{name}' could not be taken over from its file: {refusal.Detail}");
        if (current is not null) notes.Add($"The profile '{name}' was taken over from its changed file, as version {saved.Version}.");
    }

    // A file that nobody has touched since it was taken over is silent: the administrator has changed the profile, as intended.
    private async Task TellAsync(string name, string definition, ProfileVersion current, List<string> notes, CancellationToken ct)
    {
        if ((await store.FindSeedAsync(name, ct))?.Definition == definition) return;
        notes.Add(current.IsDeleted
            ? $"The file of the profile '{name}' is not taken over: {current.Actor} has deleted the profile. PUT it to have it back."
            : $"The file of the profile '{name}' differs from what {current.Actor} saved as version {current.Version}, which counts. "
                + "To take the file over, PUT it; to keep what was saved, make the file equal.");
    }

    private static (Profile Profile, long Version, bool IsDeleted) ToEntry(ProfileVersion version, IReadOnlyList<Profile> files, List<string> notes)
    {
        // Judged already, when the file was read.
        if (files.FirstOrDefault(file => file.Name == version.Name && ProfileReader.Write(file.Definition) == version.Definition) is { } same)
            return (same, version.Version, version.IsDeleted);
        var profile = ProfileReader.FromRecord(version.Definition, out var defect);
        if (defect is not null && !version.IsDeleted)
            notes.Add($"The profile '{version.Name}', version {version.Version}, is not sound: {defect.Field}: {defect.Detail}");
        return (profile, version.Version, version.IsDeleted);
    }
}
