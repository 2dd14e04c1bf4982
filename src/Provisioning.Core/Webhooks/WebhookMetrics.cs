using System.Diagnostics.Metrics;

namespace Provisioning.Core.Webhooks;

/// <summary>What is counted about webhooks.</summary>
public static class WebhookMetrics
{
    /// <summary>Nobody counts farther.</summary>
    public const int FarBehind = 10_000;

    private static readonly Meter Meter = new("Provisioning.Core");

    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "provisioning.webhooks.deliveries", description: "Messages sent to webhooks, by result: taken or failed.");

    private static readonly Counter<long> GivenUp = Meter.CreateCounter<long>(
        "provisioning.webhooks.given_up", description: "Webhooks that were given up until somebody resumes them.");

    private static readonly Gauge<int> Paused = Meter.CreateGauge<int>(
        "provisioning.webhooks.paused", description: "Webhooks that are given up, at the last look.");

    private static readonly Gauge<int> Failing = Meter.CreateGauge<int>(
        "provisioning.webhooks.failing", description: "Webhooks whose next event was tried in vain, at the last look.");

    private static readonly Gauge<long> Lag = Meter.CreateGauge<long>(
        "provisioning.webhooks.behind",
        description: "Events that the webhook farthest behind has still to be brought, at the last look; 10000 are that or more. Not of those given up.");

    /// <summary>A message was sent.</summary>
    /// <param name="isTaken">Whether it was taken.</param>
    public static void Sent(bool isTaken) => Deliveries.Add(1, new KeyValuePair<string, object?>("result", isTaken ? "taken" : "failed"));

    /// <summary>A webhook was given up.</summary>
    public static void GaveUp() => GivenUp.Add(1);

    /// <summary>A look at all.</summary>
    /// <param name="paused">How many are given up.</param>
    /// <param name="failing">How many fail.</param>
    public static void Counted(int paused, int failing)
    {
        Paused.Record(paused);
        Failing.Record(failing);
    }

    /// <summary>A look at how far they are.</summary>
    /// <param name="events">How many events the one farthest behind has to be brought, at most <see cref="FarBehind"/>.</param>
    public static void Behind(long events) => Lag.Record(events);
}
