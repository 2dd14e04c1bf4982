namespace Provisioning.Server.Limits;

/// <summary>
/// Tells those who cannot be served now when to come back: spread over the time that it takes to serve all of them, as far as it can be
/// known from those who were turned away and those who were served lately. Who is told too little comes too often; so each round of a
/// crowd that does not fit leads to a longer one.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Backlog(TimeProvider time)
{
    private const int Seconds = 1024;
    private const int ServedOver = 10;
    private const double SmallestRate = 1;

    // More than the wait that the crowd is worth: in between there is time for those who come for the first time.
    private const double Slack = 1.5;

    private readonly Lock _change = new();
    private readonly long _begin = time.GetTimestamp();
    private readonly int[] _refused = new int[Seconds];
    private readonly int[] _served = new int[Seconds];
    private long _now;
    private double _wait = Shortest;

    /// <summary>The shortest time over which a crowd is spread, in seconds.</summary>
    internal const double Shortest = 4;

    /// <summary>The longest, in seconds: a device that is out of power by then has not waited for us.</summary>
    internal const double Longest = 900;

    /// <summary>One was served.</summary>
    internal void Served()
    {
        lock (_change) _served[Slot()]++;
    }

    /// <summary>One is turned away.</summary>
    /// <param name="place">Where in the crowd, from 0 to below 1: a random number.</param>
    /// <returns>When it should come back: at least a second.</returns>
    internal TimeSpan Refuse(double place)
    {
        lock (_change)
        {
            _refused[Slot()]++;

            // Those who were told so lately that they are not back yet.
            var waiting = Sum(_refused, (int)Math.Ceiling(_wait));
            var rate = Math.Max(SmallestRate, Sum(_served, ServedOver) / (double)Math.Clamp(_now, 1, ServedOver));
            _wait = Math.Clamp(waiting / rate * Slack, Shortest, Longest);
            return TimeSpan.FromSeconds(1 + (_wait * place));
        }
    }

    // What is older than the table is forgotten as its place is taken.
    private int Slot()
    {
        var now = (long)time.GetElapsedTime(_begin).TotalSeconds;
        for (var past = Math.Max(_now + 1, now - Seconds + 1); past <= now; past++) (_refused[past % Seconds], _served[past % Seconds]) = (0, 0);
        _now = Math.Max(_now, now);
        return (int)(_now % Seconds);
    }

    private int Sum(int[] counts, int seconds)
    {
        var sum = 0;
        for (var second = Math.Max(0, _now - seconds); second <= _now; second++) sum += counts[second % Seconds];
        return sum;
    }
}
