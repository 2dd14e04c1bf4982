using System.Diagnostics.Metrics;

namespace Provisioning.Core.Webhooks;

/// <summary>What is counted about webhooks.</summary>
public static class WebhookMetrics
{
    private static readonly Meter Meter = new("Provisioning.Core");

    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "provisioning.webhooks.deliveries", description: "Messages sent to webhooks, by result: taken or failed.");

    private static readonly Counter<long> GivenUp = Meter.CreateCounter<long>(
        "provisioning.webhooks.given_up", description: "Webhooks that were given up until somebody resumes them.");

    private static readonly Gauge<int> Paused = Meter.CreateGauge<int>(
        "provisioning.webhooks.paused", description: "Webhooks that are given up, at the last look.");

    private static readonly Gauge<int> Failing = Meter.CreateGauge<int>(
        "provisioning.webhooks.failing", description: "Webhooks whose next event was tried in vain, at the last look.");

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
}
