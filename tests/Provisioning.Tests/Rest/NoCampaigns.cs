using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Rest;

/// <summary>A registry without campaigns: what they do needs a real database, and is proven on one.</summary>
internal sealed class NoCampaigns : ICampaignStore
{
    internal static NoCampaigns Instance { get; } = new();

    public Task<Outcome<Campaign>> AddCampaignAsync(Campaign campaign, CancellationToken ct) => throw new NotSupportedException();

    public Task<Outcome<Campaign>> StopCampaignAsync(string id, string actor, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<Campaign?> FindCampaignAsync(string id, CancellationToken ct) => ValueTask.FromResult<Campaign?>(null);

    public Task<IReadOnlyList<Campaign>> ListActiveAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<Campaign>>([]);

    public Task<Page<Campaign>> ListCampaignsAsync(string group, int limit, Cursor? cursor, CancellationToken ct) =>
        Task.FromResult(new Page<Campaign>([], null));

    public ValueTask<CampaignProgress> CountAsync(Campaign campaign, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<Page<Straggler>> ListStragglersAsync(
        Campaign campaign, DateTimeOffset at, int limit, Cursor? cursor, CancellationToken ct) => throw new NotSupportedException();
}
