using System.Diagnostics.Metrics;

namespace Provisioning.Core.Revocation.Feed;

/// <summary>What is counted about the feed.</summary>
public static class FeedMetrics
{
    private static readonly Meter Meter = new("Provisioning.Core");

    private static readonly UpDownCounter<long> Streams = Meter.CreateUpDownCounter<long>(
        "provisioning.feed.streams", description: "Streams of revocations that are open.");

    private static readonly Counter<long> Events = Meter.CreateCounter<long>(
        "provisioning.feed.events", description: "Events sent on streams; one event to two readers counts twice.");

    private static readonly Counter<long> Ends = Meter.CreateCounter<long>(
        "provisioning.feed.ends", description: "Streams ended, by cause: client, stopping, caller, slow, storage.");

    /// <summary>A stream begins.</summary>
    public static void Opened() => Streams.Add(1);

    /// <summary>A stream has ended.</summary>
    /// <param name="cause">Why: <c>client</c>, <c>stopping</c>, <c>caller</c>, <c>slow</c> or <c>storage</c>.</param>
    public static void Closed(string cause)
    {
        Streams.Add(-1);
        Ends.Add(1, new KeyValuePair<string, object?>("cause", cause));
    }

    /// <summary>Events were sent.</summary>
    /// <param name="count">How many.</param>
    public static void Sent(int count) => Events.Add(count);
}
