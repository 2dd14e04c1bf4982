using Provisioning.Core.Expiry;

namespace Provisioning.Rest;

/// <summary>What expires when.</summary>
internal sealed record ForecastDocument
{
    /// <summary>Looked ahead from.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The days, in UTC, on which certificates in use end, and of each the groups.</summary>
    public required IReadOnlyList<ForecastDayDocument> Days { get; init; }

    /// <summary>The authorities, and the first end of them: nothing that they issue outlives them.</summary>
    public required IReadOnlyList<ForecastAuthorityDocument> Authorities { get; init; }
}

/// <summary>What ends in a day, of a group.</summary>
internal sealed record ForecastDayDocument
{
    /// <summary>The day, in UTC.</summary>
    /// <example>2027-11-22</example>
    public required DateOnly Day { get; init; }

    /// <summary>The group.</summary>
    /// <example>pumps</example>
    public required string Group { get; init; }

    /// <summary>Certificates in use that end on that day: the sum of the four below.</summary>
    /// <example>410</example>
    public required long Expiring { get; init; }

    /// <summary>Of devices that have still time, and were seen.</summary>
    /// <example>380</example>
    public required long Expected { get; init; }

    /// <summary>Of devices that were given the next certificate and have not shown it yet.</summary>
    /// <example>20</example>
    public required long Renewed { get; init; }

    /// <summary>Of devices whose window is over, and that were seen since it began: they are there, and do not renew.</summary>
    /// <example>3</example>
    public required long Late { get; init; }

    /// <summary>Of devices that have not been seen: never, or not since their window began, or not for <c>silentFor</c>.</summary>
    /// <example>7</example>
    public required long Unlikely { get; init; }

    internal static ForecastDayDocument Of(ForecastDay day) => new()
    {
        Day = day.Day,
        Group = day.Group,
        Expiring = day.Expiring,
        Expected = day.Expected,
        Renewed = day.Renewed,
        Late = day.Late,
        Unlikely = day.Unlikely,
    };
}

/// <summary>When an authority ends.</summary>
internal sealed record ForecastAuthorityDocument
{
    /// <summary>Its name.</summary>
    /// <example>issuing</example>
    public required string Name { get; init; }

    /// <summary>Valid until, inclusive.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Whole percent of its life that are left.</summary>
    /// <example>93</example>
    public required int PercentLeft { get; init; }
}
