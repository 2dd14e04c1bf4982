using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Enrollment;

public sealed class ClockGuardTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly ClockGuard _clock;

    public ClockGuardTests() => _clock = new ClockGuard(_time);

    [Fact]
    public void A_clock_that_goes_back_is_held_until_it_has_caught_up()
    {
        Assert.Equal(Start, Now());
        _time.StepClock(TimeSpan.FromMinutes(-1));
        Assert.Equal(RefusalCode.ClockRegressed, Code());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Start, Now());
    }

    [Fact]
    public void A_jump_of_more_than_24_hours_while_running_is_held_until_the_clock_is_right_again()
    {
        Now();
        _time.StepClock(TimeSpan.FromDays(3650));
        Assert.Equal(RefusalCode.ClockSuspect, Code());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((RefusalCode.ClockSuspect, ClockState.Ahead), (Code(), _clock.State));
        _time.StepClock(TimeSpan.FromDays(-3650));
        Assert.Equal(Start.AddHours(1), Now());
    }

    [Fact]
    public void Time_that_passes_while_the_clock_is_read_is_no_jump()
    {
        var clock = new ClockGuard(new HeldUp(_time));
        Assert.True(clock.Now().TryGet(out _, out _));
        Assert.Equal(ClockState.Sane, clock.State);
    }

    [Fact]
    public void Smaller_jumps_and_any_time_that_truly_passes_are_believed()
    {
        Now();
        _time.StepClock(TimeSpan.FromHours(23));
        Now();
        _time.Advance(TimeSpan.FromDays(3650));
        Assert.Equal(Start.AddHours(23).AddDays(3650), Now());
    }

    [Theory]
    [InlineData(364, ClockState.Sane)]
    [InlineData(366, ClockState.Ahead)]
    [InlineData(-1, ClockState.Behind)]
    public void Across_a_restart_a_year_may_have_passed(int days, ClockState expected)
    {
        _clock.Observe(Start.AddDays(-days));
        Assert.Equal(expected, _clock.State);
    }

    [Fact]
    public void A_machine_that_wakes_up_in_1970_is_believed_as_soon_as_its_clock_was_set()
    {
        _clock.Observe(Start.AddHours(-1));
        _time.StepClock(DateTimeOffset.UnixEpoch - Start);
        Assert.Equal(RefusalCode.ClockRegressed, Code());
        _time.StepClock(Start - DateTimeOffset.UnixEpoch);
        Assert.Equal(Start, Now());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void While_the_clock_is_wrong_the_last_time_that_was_believed_is_told(int days)
    {
        Now();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Start.AddMinutes(1), _clock.LastBelieved());
        _time.StepClock(TimeSpan.FromDays(days));
        Assert.Equal(Start.AddMinutes(1), _clock.LastBelieved());
        _time.StepClock(TimeSpan.FromDays(-days));
        Assert.Equal(Start.AddMinutes(1), Now());
    }

    [Fact]
    public void With_nothing_on_record_there_is_nothing_to_compare_with() => Assert.Equal(Start, Now());

    private DateTimeOffset Now() => Assert.IsType<Outcome<DateTimeOffset>.Success>(_clock.Now()).Value;

    private RefusalCode Code() => Assert.IsType<Outcome<DateTimeOffset>.Refused>(_clock.Now()).Refusal.Code;

    // Whoever reads the clock is held up for ten days right after that, once.
    private sealed class HeldUp(FakeTimeProvider time) : TimeProvider
    {
        private bool _was;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow()
        {
            var now = time.GetUtcNow();
            if (!_was) time.Advance(TimeSpan.FromDays(10));
            _was = true;
            return now;
        }
    }
}
