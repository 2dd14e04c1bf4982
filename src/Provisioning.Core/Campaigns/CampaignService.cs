using System.Security.Cryptography;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Campaigns;

/// <summary>Starts and stops campaigns.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="catalog">Moves the windows.</param>
/// <param name="groups">The groups.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class CampaignService(ICampaignStore store, CampaignCatalog catalog, GroupCatalog groups, ClockGuard clock)
{
    // What was sent with a time of its own may have taken a while.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    /// <summary>Starts a campaign, now or later.</summary>
    /// <param name="group">The group.</param>
    /// <param name="definition">What is wanted.</param>
    /// <param name="caller">Who wants it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// What is on record. Refusals: <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.BadCampaign"/> with the field,
    /// <see cref="RefusalCode.CampaignRunning"/>, <see cref="RefusalCode.ClockSuspect"/>, <see cref="RefusalCode.ClockRegressed"/>.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now.</exception>
    public async Task<Outcome<Campaign>> StartAsync(string group, CampaignDefinition definition, Caller caller, CancellationToken ct)
    {
        if (groups.Find(group) is null) return new Refusal(RefusalCode.NotFound, "There is no such group.");
        if (!clock.Now().TryGet(out var now, out var wrongClock)) return wrongClock;
        if (Check(definition, now) is { } refusal) return refusal;
        var startsAt = definition.StartsAt is { } later && later > now ? later : now;
        var campaign = new Campaign
        {
            Id = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)),
            Group = group,
            Reason = definition.Reason,
            StartsAt = startsAt,
            EndsAt = startsAt + definition.Duration,
            CreatedAt = now,
            CreatedBy = caller.Actor,
        };

        // Counted before, beside the writer: of a million rows that takes a moment.
        var (certificates, _) = await store.CountAsync(campaign, now, ct);
        var started = await store.AddCampaignAsync(campaign with { Certificates = certificates }, ct);
        await ShowAsync(ct);
        return started;
    }

    /// <summary>Stops a campaign: the windows are again what they were. What was renewed stays renewed.</summary>
    /// <param name="id">The campaign.</param>
    /// <param name="caller">Who stops it.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>What is on record; or <see cref="RefusalCode.NotFound"/>.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now.</exception>
    public async Task<Outcome<Campaign>> StopAsync(string id, Caller caller, CancellationToken ct)
    {
        var stopped = await store.StopCampaignAsync(id, caller.Actor, clock.LastBelieved(), ct);
        await ShowAsync(ct);
        return stopped;
    }

    // What is on record is on record, and must not be answered as if it were not: the catalog follows within a minute.
    private async Task ShowAsync(CancellationToken ct)
    {
        try
        {
            await catalog.RefreshAsync(ct);
        }
        catch (StorageUnavailableException)
        {
            // SuccessionJob reads it again.
        }
    }

    private static Refusal? Check(CampaignDefinition definition, DateTimeOffset now)
    {
        if (definition.Reason.Length == 0) return Bad("reason", "Say why; it stands in the audit.");
        if (FreeText.Check(definition.Reason, CampaignDefinition.MaxReason) is { } badText) return Bad("reason", badText);
        if (definition.Duration < CampaignDefinition.Shortest || definition.Duration > CampaignDefinition.Longest)
            return Bad("duration", $"It is a minute at least, and {CampaignDefinition.Longest.TotalDays} days at most.");
        return definition.StartsAt is { } startsAt && (startsAt < now - Late || startsAt > now + CampaignDefinition.Longest)
            ? Bad("startsAt", $"It is not past, and {CampaignDefinition.Longest.TotalDays} days ahead at most.")
            : null;
    }

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadCampaign, detail) { Field = "/" + field };
}
