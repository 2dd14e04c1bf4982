using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Provisioning.Server.Observability;

/// <summary>
/// Adds up what the meters of this process report, for <c>/metrics</c>. Small and our own, because no exporter for Prometheus can
/// be had from the package source; the meters are the standard ones, so an exporter can take its place.
/// </summary>
internal sealed class MetricsCollector : IDisposable
{
    private const string MeterPrefix = "Provisioning.";

    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    private readonly MeterListener _listener = new();
    private readonly Meter _meter = new("Provisioning.Server");
    private readonly Counter<long> _dropped;
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();

    public MetricsCollector()
    {
        _dropped = _meter.CreateCounter<long>(
            "provisioning.metrics.dropped", description: "Measurements that are missing here, because their instrument has too many series.");
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsWanted(instrument)) listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, family) => Measure(instrument, (MetricFamily)family!, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, family) => Measure(instrument, (MetricFamily)family!, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, family) => Measure(instrument, (MetricFamily)family!, value, tags));
        _listener.Start();
    }

    /// <summary>Everything, as text.</summary>
    internal string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new PrometheusText();
        foreach (var (instrument, family) in _families.OrderBy(pair => NameOf(pair.Key), StringComparer.Ordinal))
        {
            if (family.IsEmpty) continue;
            var name = NameOf(instrument);
            text.Head(name, instrument.Description ?? instrument.Name, TypeOf(instrument));
            foreach (var series in family.All)
            {
                if (IsHistogram(instrument)) series.WriteHistogram(text, name);
                else series.WriteValue(text, name);
            }
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private static bool IsWanted(Instrument instrument) =>
        instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal)
        || instrument.Name is "kestrel.tls_handshake.duration" or "kestrel.active_connections" or "http.server.request.duration";

    private MetricFamily FamilyOf(Instrument instrument) =>
        _families.GetOrAdd(instrument, static one => new MetricFamily(one, IsHistogram(one) ? BoundsOf(one) : null));

    private void Measure(Instrument instrument, MetricFamily family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (family.Find(tags) is not { } series)
        {
            // There are fewer instruments than a family has room for, so this one has room.
            _dropped.Add(1, new KeyValuePair<string, object?>("instrument", NameOf(instrument)));
        }
        else if (IsHistogram(instrument))
        {
            series.Record(value);
        }
        else if (IsGauge(instrument))
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    private static double[] BoundsOf(Instrument instrument) => instrument.Unit == "s" ? Seconds : Counts;

    private static bool IsHistogram(Instrument instrument) => instrument is Histogram<double> or Histogram<long> or Histogram<int>;

    // Observable instruments and gauges report their value, not a difference.
    private static bool IsGauge(Instrument instrument) => instrument.IsObservable || instrument is Gauge<long> or Gauge<int> or Gauge<double>;

    private static string TypeOf(Instrument instrument) =>
        IsHistogram(instrument) ? "histogram"
        : instrument is Counter<long> or Counter<int> or Counter<double> ? "counter"
        : "gauge";

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        if (instrument.Unit == "s") name += "_seconds";
        return TypeOf(instrument) == "counter" ? name + "_total" : name;
    }
}
