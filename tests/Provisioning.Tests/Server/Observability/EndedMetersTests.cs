using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Provisioning.Tests.Server.Observability;

/// <summary>What a server measures ends with it: else every one that was ever started in a process would be told for ever.</summary>
[Collection(Alone.Name)]
public sealed class EndedMetersTests
{
    [Fact]
    public async Task No_gauge_of_a_listener_outlives_its_server()
    {
        var open = new ConcurrentDictionary<Instrument, bool>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (!instrument.Name.StartsWith("provisioning.handshakes.", StringComparison.Ordinal)
                    && !instrument.Name.StartsWith("provisioning.connections.", StringComparison.Ordinal))
                {
                    return;
                }

                open[instrument] = true;
                listener.EnableMeasurementEvents(instrument);
            },
            MeasurementsCompleted = (instrument, _) => open[instrument] = false,
        };
        listener.Start();
        open.Clear();
        await using (await TestServer.StartAsync()) Assert.True(open.Values.Count(isOpen => isOpen) >= 5);

        Assert.DoesNotContain(true, open.Values);
    }
}
