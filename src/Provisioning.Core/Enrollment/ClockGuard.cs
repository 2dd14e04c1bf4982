namespace Provisioning.Core.Enrollment;

/// <summary>
/// The clock that signatures are dated with. Nothing is signed while it is behind what is on record: certificates would be valid
/// before they were made. And nothing is signed while it has jumped ahead: what is signed with a wrong year cannot be taken back,
/// and holds up everything after the clock was set right.
/// </summary>
/// <param name="time">The clock of this machine.</param>
public sealed class ClockGuard(TimeProvider time)
{
    /// <summary>More than this the clock does not gain on the time that passes while the process runs.</summary>
    public static readonly TimeSpan LongestJump = TimeSpan.FromHours(24);

    /// <summary>Longer than this the service is not out of use between two starts.</summary>
    public static readonly TimeSpan LongestStandstill = TimeSpan.FromDays(365);

    /// <summary>As much as this the clock may go back: corrections that are made all the time are that small.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private long _latest;
    private volatile Sighting? _seen;

    /// <summary>What is to be thought of the clock now.</summary>
    public ClockState State => Judge(time.GetUtcNow());

    /// <summary>Remembers a time that is known to have been: at the start, the latest one on record.</summary>
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
    /// <returns>The time, or <see cref="RefusalCode.ClockRegressed"/> or <see cref="RefusalCode.ClockSuspect"/>.</returns>
    public Outcome<DateTimeOffset> Now()
    {
        // In this order: what passes in between is taken for time that passes, and never for a jump.
        var timestamp = time.GetTimestamp();
        var now = time.GetUtcNow();
        switch (Judge(now))
        {
            case ClockState.Behind:
                return Refuse(
                    RefusalCode.ClockRegressed, "The clock of the service is behind what it has already recorded. Correct it and try again.");
            case ClockState.Ahead:
                return Refuse(RefusalCode.ClockSuspect, "The clock of the service has jumped far ahead. Correct it and try again.");
        }

        Observe(now);
        if (_seen is not { } seen || time.GetElapsedTime(seen.Timestamp) >= Refresh) _seen = new Sighting(now, timestamp);
        return now;
    }

    /// <summary>
    /// Now, for what is written down at once whatever the clock says, such as a revocation. A time that is not believed never goes on
    /// record: after the clock was set right, the record would hold up all signing.
    /// </summary>
    /// <returns>The time; while the clock is not believed, the last one that was.</returns>
    public DateTimeOffset LastBelieved() =>
        Now().TryGet(out var now, out _) ? now : new DateTimeOffset(Interlocked.Read(ref _latest), TimeSpan.Zero);

    private ClockState Judge(DateTimeOffset now)
    {
        var latest = Interlocked.Read(ref _latest);
        if (now.UtcTicks < latest - Tolerance.Ticks) return ClockState.Behind;

        // The time that passes is measured without the clock. It stands still while the machine sleeps.
        var jumped = _seen is { } seen
            ? now - seen.At > time.GetElapsedTime(seen.Timestamp) + LongestJump
            : latest != 0 && now.UtcTicks - latest > LongestStandstill.Ticks;
        return jumped ? ClockState.Ahead : ClockState.Sane;
    }

    private static Refusal Refuse(RefusalCode code, string detail) => new(code, detail) { RetryAfter = TimeSpan.FromSeconds(30) };

    private sealed record Sighting(DateTimeOffset At, long Timestamp);
}
