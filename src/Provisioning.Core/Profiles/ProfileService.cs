using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Profiles;

/// <summary>What administrators do with profiles. What is saved counts for the next certificate.</summary>
/// <param name="store">The registry.</param>
/// <param name="catalog">What certificates are planned with.</param>
/// <param name="groups">Who uses profiles.</param>
/// <param name="clock">Dates what is saved.</param>
public sealed class ProfileService(IProfileStore store, ProfileCatalog catalog, GroupCatalog groups, ClockGuard clock)
{
    // Set while nobody knows whether a version was saved: then the registry is read before anything is said of it.
    private volatile bool _isUncertain;

    /// <summary>Creates a profile or replaces it as a whole.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="name">The name in the path.</param>
    /// <param name="definition">The data.</param>
    /// <param name="expected">The version that the caller has seen, 0 for none; null for any.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>
    /// The new version; <see cref="RefusalCode.BadProfile"/> with the field and the rule that it breaks; or
    /// <see cref="RefusalCode.PreconditionFailed"/>.
    /// </returns>
    public async Task<Outcome<ProfileVersion>> SaveAsync(
        Caller caller, string name, ProfileDefinition definition, long? expected, CancellationToken ct)
    {
        if (definition.Name != name)
            return new Refusal(RefusalCode.BadProfile, $"The name is '{name}' in the address and another one in the profile.") { Field = "/name" };
        if (ProfileReader.Make(definition, out var defect) is not { } profile)
            return new Refusal(RefusalCode.BadProfile, Sentence(defect)) { Field = defect.Field };
        return profile.Holder != HolderKind.Device && UserOf(name) is { } group
            ? new Refusal(RefusalCode.ProfileInUse, $"The group '{group}' gives this profile to devices.")
            : await AddAsync(caller, profile, isDeleted: false, expected, ct);
    }

    /// <summary>Deletes a profile: nothing is planned with it any more, and its versions stay.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="name">Its name.</param>
    /// <param name="expected">The version that the caller has seen; null for any.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>
    /// The version that says so; <see cref="RefusalCode.ProfileInUse"/> for one that this service or a group needs; or
    /// <see cref="RefusalCode.NotFound"/> or <see cref="RefusalCode.PreconditionFailed"/>.
    /// </returns>
    public async Task<Outcome<ProfileVersion>> DeleteAsync(Caller caller, string name, long? expected, CancellationToken ct)
    {
        if (FixedProfiles.HolderOf(name) is not null)
            return new Refusal(RefusalCode.ProfileInUse, $"The service itself needs the profile '{name}'. It can be replaced.");
        if (UserOf(name) is { } group) return new Refusal(RefusalCode.ProfileInUse, $"The group '{group}' uses the profile '{name}'.");
        if (await FindAsync(name, ct) is not { } current) return NotFound;
        return await AddAsync(
            caller, ProfileReader.FromRecord(current.Definition, out _), isDeleted: true, expected ?? current.Version, ct);
    }

    /// <summary>Reads a profile that is not deleted.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Its last version, or null.</returns>
    public async ValueTask<ProfileVersion?> FindAsync(string name, CancellationToken ct)
    {
        await CatchUpAsync(ct);
        return await store.FindProfileAsync(name, ct) is { IsDeleted: false } version ? version : null;
    }

    /// <summary>Lists the profiles that are not deleted, by name.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Their last versions.</returns>
    public async Task<IReadOnlyList<ProfileVersion>> ListAsync(CancellationToken ct)
    {
        await CatchUpAsync(ct);
        return [.. (await store.ListProfilesAsync(ct)).Where(version => !version.IsDeleted)];
    }

    /// <summary>What is answered for a profile that there is not.</summary>
    public static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such profile.");

    // The first group that names a profile, or null.
    private string? UserOf(string profile) => groups.All.Select(version => version.Group)
        .FirstOrDefault(group => group.Definition.Profile == profile || group.Definition.Slots.Any(slot => slot.Profile == profile))?.Name;

    private async Task<Outcome<ProfileVersion>> AddAsync(Caller caller, Profile profile, bool isDeleted, long? expected, CancellationToken ct)
    {
        await CatchUpAsync(ct);
        var draft = new ProfileVersion
        {
            Name = profile.Name,
            Version = 0,
            Definition = ProfileReader.Write(profile.Definition),
            Origin = ProfileOrigin.Administrator,
            IsDeleted = isDeleted,
            At = clock.LastBelieved(),
            Actor = caller.Actor,
        };
        try
        {
            var outcome = await store.AddVersionAsync(draft, expected, ct);
            if (outcome.TryGet(out var saved, out _)) catalog.Take([(profile, saved.Version, isDeleted)]);
            return outcome;
        }
        catch (Exception problem) when (problem is OperationCanceledException or StorageUnavailableException { OutcomeUnknown: true })
        {
            _isUncertain = true;
            throw;
        }
    }

    private async ValueTask CatchUpAsync(CancellationToken ct)
    {
        if (!_isUncertain) return;
        _isUncertain = false;
        try
        {
            catalog.Take((await store.ListProfilesAsync(ct)).Select(
                version => (ProfileReader.FromRecord(version.Definition, out _), version.Version, version.IsDeleted)));
        }
        catch
        {
            _isUncertain = true;
            throw;
        }
    }

    private static string Sentence(ProfileDefect defect) => char.ToUpperInvariant(defect.Detail[0]) + defect.Detail[1..];
}
