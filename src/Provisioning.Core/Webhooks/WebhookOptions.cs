namespace Provisioning.Core.Webhooks;

/// <summary>How events are brought.</summary>
public sealed record WebhookOptions
{
    /// <summary>How long a receiver may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first pause after a failure; each next one is twice as long.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromHours(1);

    /// <summary>After how long a failure nothing is tried any more until somebody resumes it.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How many receivers are brought something at the same time.</summary>
    public int AtOnce { get; init; } = IWebhookStore.MaxWebhooks;

    /// <summary>How long a node keeps a receiver to itself without a sign of life. Longer than anything it waits for.</summary>
    public TimeSpan Lease => Timeout + TimeSpan.FromSeconds(15);

    /// <summary>How long to wait after a failure: between half of a pause that doubles each time and the whole of it, at random.</summary>
    /// <param name="attempts">How many there were, from 1.</param>
    /// <param name="random">From 0 to 1.</param>
    /// <returns>The pause.</returns>
    public TimeSpan PauseAfter(long attempts, double random)
    {
        var whole = Math.Min(LongestPause.TotalSeconds, FirstPause.TotalSeconds * Math.Pow(2, Math.Min(attempts - 1, 40)));
        return TimeSpan.FromSeconds(whole * (0.5 + (random / 2)));
    }

    /// <summary>What is wrong with these.</summary>
    /// <returns>A sentence, or null.</returns>
    public string? FindProblem() =>
        Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(1) ? "Timeout is from 0.1 s to 1 minute."
        : FirstPause <= TimeSpan.Zero || LongestPause < FirstPause || LongestPause > TimeSpan.FromDays(1) ? "the pauses are from more than 0 to 1 day."
        : GiveUpAfter < LongestPause || GiveUpAfter > TimeSpan.FromDays(365) ? "GiveUpAfter is from LongestPause to 365 days."
        : AtOnce is < 1 or > 1000 ? "AtOnce is from 1 to 1000."
        : null;
}
