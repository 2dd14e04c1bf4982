namespace Provisioning.Core.Expiry;

/// <summary>What a forecast is made of.</summary>
/// <param name="Days">How far it looks ahead, from today on, 1 to <see cref="LongestDays"/>.</param>
/// <param name="Group">Only of this group; null for all.</param>
/// <param name="SilentFor">As <see cref="ExpiringCertificate.Judge"/> takes it.</param>
public sealed record ForecastQuery(int Days, string? Group, TimeSpan? SilentFor)
{
    /// <summary>How far a forecast looks when nobody says.</summary>
    public const int UsualDays = 30;

    /// <summary>Two years, and a day more than one of them may have.</summary>
    public const int LongestDays = 732;
}
