using System.Collections.Frozen;

namespace Provisioning.Core.Campaigns;

/// <summary>The campaigns that move windows, in memory: each answer to a device asks. It may lag behind the registry for a moment.</summary>
/// <param name="store">Where they are on record.</param>
public sealed class CampaignCatalog(ICampaignStore store)
{
    private readonly Lock _change = new();
    private long _begun;
    private long _shown;
    private volatile FrozenDictionary<string, Campaign> _active = FrozenDictionary<string, Campaign>.Empty;

    /// <summary>Finds the campaign of a group.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The campaign, also when it is over; null for none.</returns>
    public Campaign? Find(string group) => _active.GetValueOrDefault(group);

    /// <summary>Reads them again.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>When <see cref="Find"/> tells of what was on record when this began.</returns>
    /// <exception cref="Enrollment.StorageUnavailableException">They cannot be read; the catalog stays as it is.</exception>
    public async Task RefreshAsync(CancellationToken ct)
    {
        var turn = Interlocked.Increment(ref _begun);
        var read = (await store.ListActiveAsync(ct)).ToFrozenDictionary(campaign => campaign.Group, StringComparer.Ordinal);

        // Who began to read later has read what is newer, and may have come back first.
        lock (_change)
        {
            if (turn <= _shown) return;
            (_shown, _active) = (turn, read);
        }
    }
}
