namespace Provisioning.Cli.Api;

/// <summary>How long something that fails is tried again: until it has failed for as long as --timeout says.</summary>
/// <param name="limit">As long as that.</param>
/// <param name="pauses">How long it rests in between.</param>
/// <param name="note">Told before each rest.</param>
/// <param name="time">The clock.</param>
internal sealed class Patience(TimeSpan limit, BackOff pauses, Action<string> note, TimeProvider time)
{
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ShortestAttempt = TimeSpan.FromSeconds(1);
    private long _failingSince = time.GetTimestamp();
    private int _failures;

    /// <summary>All of --timeout.</summary>
    internal TimeSpan Limit => limit;

    /// <summary>How long one attempt may take: what is left, within reason.</summary>
    internal TimeSpan ForOneAttempt => TimeSpan.FromTicks(
        Math.Clamp((limit - time.GetElapsedTime(_failingSince)).Ticks, ShortestAttempt.Ticks, LongestAttempt.Ticks));

    /// <summary>Something went well: what fails from now on fails for the first time.</summary>
    internal void Renew() => (_failingSince, _failures) = (time.GetTimestamp(), 0);

    /// <summary>Waits before the next attempt.</summary>
    /// <param name="failure">Why there has to be one.</param>
    /// <param name="retryAfter">What the service asked for, or null.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="FailureException">The failure, when another attempt would not help or the time is up.</exception>
    internal async Task WaitAsync(FailureException failure, TimeSpan? retryAfter, CancellationToken ct)
    {
        if (failure.ExitCode != ExitCode.Unavailable) throw failure;
        var wait = retryAfter is { } asked ? pauses.AfterBeingAsked(asked) : pauses.After(_failures + 1);

        // Who is told a time has been heard: what fails after that fails for the first time.
        _failures = retryAfter is null ? _failures + 1 : 0;
        if (time.GetElapsedTime(_failingSince) + wait >= limit) throw failure;
        note($"{failure.Code}: {failure.Message} Trying again in {wait.TotalSeconds:0.0} s.");
        await Task.Delay(wait, time, ct);
    }
}
