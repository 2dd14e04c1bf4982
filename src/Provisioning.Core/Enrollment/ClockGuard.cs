namespace Provisioning.Core.Enrollment;

/// <summary>
/// The clock that signatures are dated with. It may stand still or jump forward, never back: with a clock that went back,
/// certificates would be valid before they were made, so nothing is signed until it has caught up.
/// </summary>
/// <param name="time">The clock of this machine.</param>
public sealed class ClockGuard(TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);
    private long _latest = DateTimeOffset.MinValue.UtcTicks;

    /// <summary>True while nothing later than now was seen, give or take five seconds.</summary>
    public bool IsSane => time.GetUtcNow().UtcTicks >= Interlocked.Read(ref _latest) - Tolerance.Ticks;

    /// <summary>Remembers a time that is known to have been, such as the latest one in the database.</summary>
    /// <param name="seen">The time.</param>
    public void Observe(DateTimeOffset seen)
    {
        var ticks = seen.UtcTicks;
        for (var latest = Interlocked.Read(ref _latest); ticks > latest;)
        {
            var before = Interlocked.CompareExchange(ref _latest, ticks, latest);
            if (before == latest) return;
            latest = before;
        }
    }

    /// <summary>Now, for something that will be signed.</summary>
    /// <returns>The time, or <see cref="RefusalCode.ClockRegressed"/>.</returns>
    public Outcome<DateTimeOffset> Now()
    {
        if (!IsSane)
        {
            return new Refusal(
                RefusalCode.ClockRegressed, "The clock of the service is behind what it has already recorded. Correct it and try again.")
            {
                RetryAfter = TimeSpan.FromSeconds(30),
            };
        }

        var now = time.GetUtcNow();
        Observe(now);
        return now;
    }
}
