namespace Provisioning.Tests;

/// <summary>A clock that stands still until a test moves it. Timers fire inside <see cref="Advance"/>.</summary>
internal sealed class FakeTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _armed = [];
    private readonly List<(Func<bool> Met, TaskCompletionSource Source)> _waiting = [];
    private DateTimeOffset _now = start;
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long GetTimestamp()
    {
        lock (_lock) return _elapsed.Ticks;
    }

    /// <summary>Time passes: for the clock and for timers.</summary>
    public void Advance(TimeSpan by)
    {
        List<FakeTimer> due;
        lock (_lock)
        {
            _now += by;
            _elapsed += by;
            due = [.. _armed.Where(timer => timer.At <= _elapsed).OrderBy(timer => timer.At)];
            foreach (var timer in due) timer.Rearm(_armed);
        }

        foreach (var timer in due) timer.Fire();
    }

    /// <summary>Somebody sets the clock: no time passes, no timer fires.</summary>
    public void StepClock(TimeSpan by)
    {
        lock (_lock) _now += by;
    }

    /// <summary>
    /// Completes when as many timers are waiting that were armed for exactly this long: what runs has come to rest.
    /// </summary>
    public Task WhenArmedAsync(int count, TimeSpan due)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((() => _armed.Count(timer => timer.Due == due) >= count, source));
            Notify();
        }

        return source.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Notify()
    {
        foreach (var waiting in _waiting.Where(waiting => waiting.Met()).ToArray())
        {
            _waiting.Remove(waiting);
            waiting.Source.SetResult();
        }
    }

    private sealed class FakeTimer(FakeTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan At { get; private set; }

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._lock)
            {
                owner._armed.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                (Due, At, _period) = (dueTime, owner._elapsed + dueTime, period);
                owner._armed.Add(this);
                owner.Notify();
                return true;
            }
        }

        public void Rearm(List<FakeTimer> armed)
        {
            if (_period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero) armed.Remove(this);
            else At += _period;
        }

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
