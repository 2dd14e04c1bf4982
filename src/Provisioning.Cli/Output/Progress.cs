namespace Provisioning.Cli.Output;

/// <summary>
/// How far a long run is: on a terminal a bar that is written over, with the rate, the time that is left and the errors so far; elsewhere
/// a line now and then.
/// </summary>
/// <param name="output">Standard error.</param>
/// <param name="isWatched">Whether that is a terminal; null to show nothing.</param>
/// <param name="note">Says what is said in between.</param>
/// <param name="time">The clock.</param>
internal sealed class Progress(TextWriter output, bool? isWatched, Action<string> note, TimeProvider time) : IDisposable
{
    private const int BarWidth = 20;
    private static readonly TimeSpan BetweenBars = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenMarks = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private long _shownAt = time.GetTimestamp();
    private (long At, long Done)? _mark;
    private (long At, long Done) _nextMark = (time.GetTimestamp(), 0);
    private int _width;

    /// <summary>What is counted, in the plural.</summary>
    internal required string Things { get; init; }

    /// <summary>How many there are; null when nobody knows.</summary>
    internal long? Total { get; init; }

    /// <summary>Tells how far it is.</summary>
    /// <param name="done">How many are done. What the first call tells was done before, and is not counted for the rate.</param>
    /// <param name="errors">How many of them went wrong.</param>
    internal void Report(long done, long errors)
    {
        lock (_lock)
        {
            Mark(done);
            if (isWatched is not { } watched || time.GetElapsedTime(_shownAt) < (watched ? BetweenBars : BetweenLines)) return;
            _shownAt = time.GetTimestamp();
            var text = Text(done, errors);
            if (watched) Overwrite(Bar(done) + text);
            else output.WriteLine(text);
        }
    }

    /// <summary>Says something on a line of its own.</summary>
    internal void Note(string text)
    {
        lock (_lock)
        {
            Overwrite("");
            note(text);
        }
    }

    /// <summary>Takes the bar away; the summary says the rest.</summary>
    public void Dispose()
    {
        lock (_lock) Overwrite("");
    }

    // The rate is that since the mark, which is 10 to 20 s old: what was slow at first does not count for ever.
    private void Mark(long done)
    {
        if (_mark is null) _mark = _nextMark = _nextMark with { Done = done };
        if (time.GetElapsedTime(_nextMark.At) < BetweenMarks) return;
        _mark = _nextMark;
        _nextMark = (time.GetTimestamp(), done);
    }

    private void Overwrite(string text)
    {
        if (_width == 0 && text.Length == 0) return;
        output.Write("\r" + text.PadRight(_width));
        if (text.Length == 0) output.Write("\r");
        output.Flush();
        _width = text.Length;
    }

    private string Bar(long done)
    {
        if (Total is not > 0) return "";
        var filled = (int)Math.Min(BarWidth, done * BarWidth / Total.Value);
        return $"[{new string('#', filled).PadRight(BarWidth)}] ";
    }

    private string Text(long done, long errors)
    {
        var seconds = time.GetElapsedTime(_mark!.Value.At).TotalSeconds;
        var rate = seconds > 0 ? (done - _mark.Value.Done) / seconds : 0;
        var text = $"{done}{(Total is null ? "" : "/" + Total)} {Things}, {rate:0}/s, {errors} errors";
        return Total - done is > 0 and { } left && rate > 0 ? $"{text}, {Span(left / rate)} left" : text;
    }

    private static string Span(double seconds) => seconds < 3600
        ? TimeSpan.FromSeconds(seconds).ToString(@"m\:ss")
        : $"{(long)seconds / 3600}:{TimeSpan.FromSeconds(seconds % 3600):mm\\:ss}";
}
