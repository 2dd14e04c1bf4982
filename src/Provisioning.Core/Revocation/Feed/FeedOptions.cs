namespace Provisioning.Core.Revocation.Feed;

/// <summary>How much the feed may cost.</summary>
public sealed record FeedOptions
{
    /// <summary>Streams at once, of all callers.</summary>
    public int Streams { get; init; } = 100;

    /// <summary>Streams at once of one caller.</summary>
    public int StreamsPerCaller { get; init; } = 10;

    /// <summary>How often a stream says that it lives when there is nothing to tell.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a reader may take to read what was written, before its stream is ended.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often everything that waits looks for what another node has committed, and whether its caller is still let in.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What is wrong with these.</summary>
    /// <returns>A sentence, or null.</returns>
    public string? FindProblem() =>
        Streams < 1 || StreamsPerCaller < 1 ? "there is at least one stream."
        : Heartbeat < TimeSpan.FromSeconds(1) || Heartbeat > TimeSpan.FromMinutes(5) ? "Heartbeat is from 1 s to 5 minutes."
        : Patience < TimeSpan.FromSeconds(1) || Patience > TimeSpan.FromMinutes(5) ? "Patience is from 1 s to 5 minutes."
        : Look < TimeSpan.FromMilliseconds(50) || Look > TimeSpan.FromSeconds(1) ? "Look is from 50 ms to 1 s."
        : null;
}
