using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Campaigns;

/// <summary>Where campaigns are on record.</summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface ICampaignStore
{
    /// <summary>
    /// Puts a campaign on record, with an audit entry. One that is over makes room for it.
    /// </summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>What is on record; or <see cref="RefusalCode.CampaignRunning"/> when another one of the group is not over.</returns>
    Task<Outcome<Campaign>> AddCampaignAsync(Campaign campaign, CancellationToken ct);

    /// <summary>Stops a campaign, with an audit entry. One that was stopped stays what it is.</summary>
    /// <param name="id">The campaign.</param>
    /// <param name="actor">Who.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>What is on record; or <see cref="RefusalCode.NotFound"/>.</returns>
    Task<Outcome<Campaign>> StopCampaignAsync(string id, string actor, DateTimeOffset at, CancellationToken ct);

    /// <summary>Reads a campaign.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The campaign, or null.</returns>
    ValueTask<Campaign?> FindCampaignAsync(string id, CancellationToken ct);

    /// <summary>Reads the campaigns that move windows now: at most one of each group.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The campaigns.</returns>
    Task<IReadOnlyList<Campaign>> ListActiveAsync(CancellationToken ct);

    /// <summary>Reads the campaigns of a group, newest first.</summary>
    /// <param name="group">The group.</param>
    /// <param name="limit">Rows, 1 to 500.</param>
    /// <param name="cursor">The cursor that the page before gave, or null for the first.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<Campaign>> ListCampaignsAsync(string group, int limit, Cursor? cursor, CancellationToken ct);

    /// <summary>Counts what a campaign has still to renew.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="at">Now: expired certificates do not count.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The counts.</returns>
    ValueTask<CampaignProgress> CountAsync(Campaign campaign, DateTimeOffset at, CancellationToken ct);

    /// <summary>Lists what a campaign has still to renew, oldest first.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="at">Now: expired certificates are not listed.</param>
    /// <param name="limit">Rows, 1 to 500.</param>
    /// <param name="cursor">The cursor that the page before gave, or null for the first.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    Task<Page<Straggler>> ListStragglersAsync(Campaign campaign, DateTimeOffset at, int limit, Cursor? cursor, CancellationToken ct);
}
