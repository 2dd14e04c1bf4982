using Provisioning.Cli.Output;

namespace Provisioning.Tests.Cli;

public sealed class ProgressTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose() => _error.Dispose();

    [Fact]
    public void A_terminal_shows_a_bar_with_rate_time_left_and_errors_and_in_the_end_nothing()
    {
        using (var progress = Start(isWatched: true))
        {
            progress.Report(200, 0);
            Assert.Empty(_error.ToString());
            _time.Advance(TimeSpan.FromSeconds(10));
            progress.Report(300, 7);
            Assert.Equal("\r[######              ] 300/1000 units, 10/s, 7 errors, 1:10 left", _error.ToString());
            progress.Note("Trying again.");
        }

        var lines = _error.ToString().Split('\n');
        Assert.EndsWith("\rTrying again.", lines[0], StringComparison.Ordinal);
        Assert.Empty(lines[1]);
    }

    [Fact]
    public void A_log_gets_a_line_now_and_then_and_nothing_to_write_over()
    {
        using (var progress = Start(isWatched: false))
        {
            for (var i = 0; i <= 25; i++)
            {
                progress.Report(i * 10, 0);
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        Assert.Equal(
            "100/1000 units, 10/s, 0 errors, 1:30 left\n200/1000 units, 10/s, 0 errors, 1:20 left\n", _error.ToString());
    }

    [Fact]
    public void The_time_left_follows_the_rate_of_the_last_seconds()
    {
        using (var progress = Start(isWatched: false))
        {
            for (var i = 0; i <= 60; i++)
            {
                progress.Report(i <= 30 ? i : 30 + (10 * (i - 30)), 0);
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        var lines = _error.ToString().Split('\n');
        Assert.Equal("10/1000 units, 1/s, 0 errors, 16:30 left", lines[0]);
        Assert.Equal("330/1000 units, 10/s, 0 errors, 1:07 left", lines[5]);
    }

    [Fact]
    public void Who_wants_to_hear_nothing_hears_nothing()
    {
        using (var progress = Start(isWatched: null))
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            progress.Report(1, 1);
        }

        Assert.Empty(_error.ToString());
    }

    private Progress Start(bool? isWatched) => new(_error, isWatched, _error.WriteLine, _time) { Things = "units", Total = 1000 };
}
