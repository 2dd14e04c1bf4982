using Provisioning.Core.Campaigns;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>Renews all devices of a group out of turn.</summary>
internal sealed record CampaignBody
{
    /// <summary>Why, for people: at most 200 characters. It stands in the audit.</summary>
    /// <example>The issuing authority changes on Monday</example>
    public required string Reason { get; init; }

    /// <summary>Over how long the devices are spread, an ISO 8601 duration: a minute to 366 days.</summary>
    /// <example>PT6H</example>
    public required string Duration { get; init; }

    /// <summary>When the first device is due, in UTC; now when it is left out.</summary>
    /// <example>2027-01-31T00:00:00Z</example>
    public string? StartsAt { get; init; }

    internal Checked<CampaignDefinition> ToDefinition()
    {
        if (!Durations.TryParse(Duration, out var duration)) return Bad("/duration", Durations.Rule);
        if (StartsAt is null) return new CampaignDefinition(Reason, null, duration);
        return UtcTime.TryParse(StartsAt, out var startsAt)
            ? new CampaignDefinition(Reason, startsAt, duration)
            : Bad("/startsAt", "It is a time in UTC such as 2027-01-31T00:00:00Z.");
    }

    private static Problem Bad(string pointer, string detail) =>
        RestErrors.Of(new Refusal(RefusalCode.BadCampaign, detail)) with { Pointer = pointer };
}
