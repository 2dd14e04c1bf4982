using System.Collections.Frozen;

namespace Provisioning.Core.Groups;

/// <summary>
/// The newest version of every group, in memory: each request asks. It may lag behind the registry for a moment; the reserve
/// transaction compares the version, and who finds it stale asks for <see cref="RefreshAsync"/>.
/// </summary>
/// <param name="store">Where they are on record.</param>
public sealed class GroupCatalog(IGroupStore store)
{
    private static readonly RenewalPolicy Usual = new();

    private readonly Lock _change = new();
    private long _begun;
    private long _shown;
    private volatile FrozenDictionary<string, GroupVersion> _all = FrozenDictionary<string, GroupVersion>.Empty;

    /// <summary>All groups, by name.</summary>
    public IReadOnlyCollection<GroupVersion> All => _all.Values;

    /// <summary>Finds one.</summary>
    /// <param name="name">Its name; compared exactly.</param>
    /// <returns>The group, or null.</returns>
    public GroupVersion? Find(string name) => _all.GetValueOrDefault(name);

    /// <summary>How the devices of a group renew.</summary>
    /// <param name="name">Its name; null for devices that were made before there were groups.</param>
    /// <returns>Its policy; the usual one for a group that is not known here yet.</returns>
    public RenewalPolicy RenewalOf(string? name) => Find(name ?? EnrollmentGroup.DefaultName)?.Group.Definition.Renewal ?? Usual;

    /// <summary>Reads all groups again.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>When <see cref="Find"/> tells of what was on record when this began.</returns>
    /// <exception cref="Enrollment.StorageUnavailableException">The registry cannot be read; the catalog stays as it is.</exception>
    public async Task RefreshAsync(CancellationToken ct)
    {
        var turn = Interlocked.Increment(ref _begun);
        var read = (await store.ListGroupsAsync(ct)).ToFrozenDictionary(version => version.Group.Name, StringComparer.Ordinal);

        // Who began to read later has read what is newer, and may have come back first.
        lock (_change)
        {
            if (turn <= _shown) return;
            (_shown, _all) = (turn, read);
        }
    }
}
