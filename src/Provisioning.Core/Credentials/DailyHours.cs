namespace Provisioning.Core.Credentials;

/// <summary>A shift: the same hours of each day, in a fixed distance to UTC. It may pass midnight.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The first moment that is outside again; equal to <paramref name="From"/> for the whole day.</param>
/// <param name="UtcOffset">What local time is ahead of UTC, −14 to 14 hours.</param>
public sealed record DailyHours(TimeOnly From, TimeOnly To, TimeSpan UtcOffset)
{
    /// <summary>Is it inside?</summary>
    /// <param name="now">The time.</param>
    /// <returns>True inside.</returns>
    public bool Contains(DateTimeOffset now) =>
        From == To || TimeOnly.FromTimeSpan(now.ToOffset(UtcOffset).TimeOfDay).IsBetween(From, To);
}
