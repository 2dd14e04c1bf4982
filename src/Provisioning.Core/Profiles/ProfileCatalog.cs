using System.Collections.Frozen;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Profiles;

/// <summary>
/// The profiles that certificates are planned with: a snapshot that is looked into without a lock, and replaced as a whole when a
/// profile was saved.
/// </summary>
public sealed class ProfileCatalog
{
    private readonly Lock _change = new();
    private volatile Snapshot _snapshot;

    /// <summary>Takes the profiles of the files; the registry adds its own at the start.</summary>
    /// <param name="profiles">The profiles.</param>
    public ProfileCatalog(IEnumerable<Profile> profiles) => _snapshot = new Snapshot(profiles.Select(profile => new Entry(profile, 0, false)));

    /// <summary>Every profile that can be used now, by name.</summary>
    public IReadOnlyCollection<Profile> All => _snapshot.Active;

    /// <summary>
    /// A profile by its name. One that was deleted is still given, because there are certificates that it tells the renewal window of.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KeyNotFoundException">There never was one: a defect of the caller.</exception>
    public Profile this[string name] => _snapshot.ByName[name].Profile;

    /// <summary>Whether there ever was a profile of this name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when the indexer gives it.</returns>
    public bool IsKnown(string name) => _snapshot.ByName.ContainsKey(name);

    /// <summary>The earliest end of a renewal window of any certificate, as a part of its life: those of deleted profiles count.</summary>
    public double EarliestRenewBefore => _snapshot.ByName.Values.Select(entry => entry.Profile.RenewBefore).Append(1).Min();

    /// <summary>Finds a profile that can be used now.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The profile, or null.</returns>
    public Profile? Find(string name) =>
        _snapshot.ByName.TryGetValue(name, out var entry) && !entry.IsDeleted ? entry.Profile : null;

    /// <summary>Takes versions over that are on record; older ones than those that are here change nothing.</summary>
    internal void Take(IEnumerable<(Profile Profile, long Version, bool IsDeleted)> versions)
    {
        lock (_change)
        {
            var entries = _snapshot.ByName.ToDictionary();
            foreach (var (profile, version, isDeleted) in versions)
            {
                if (!entries.TryGetValue(profile.Name, out var known) || known.Version < version)
                    entries[profile.Name] = new Entry(profile, version, isDeleted);
            }

            _snapshot = new Snapshot(entries.Values);
        }
    }

    private sealed record Entry(Profile Profile, long Version, bool IsDeleted);

    private sealed class Snapshot(IEnumerable<Entry> entries)
    {
        internal FrozenDictionary<string, Entry> ByName { get; } = entries.ToFrozenDictionary(entry => entry.Profile.Name);

        internal IReadOnlyCollection<Profile> Active => field ??=
        [
            .. ByName.Values.Where(entry => !entry.IsDeleted).Select(entry => entry.Profile).OrderBy(profile => profile.Name, StringComparer.Ordinal),
        ];
    }
}
