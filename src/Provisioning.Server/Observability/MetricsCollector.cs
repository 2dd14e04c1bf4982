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

    // More than any instrument can have of itself: routes times the statuses that they answer with.
    private const int MaxSeriesPerInstrument = 300;

    private static readonly double[] Seconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    private readonly MeterListener _listener = new();
    private readonly Meter _meter = new("Provisioning.Server");
    private readonly Counter<long> _dropped;
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, MetricSeries>> _series = new();

    public MetricsCollector()
    {
        _dropped = _meter.CreateCounter<long>(
            "provisioning.metrics.dropped", description: "Measurements that are missing here, because their instrument has too many series.");
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsWanted(instrument)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measure(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Measure(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measure(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Everything, as text.</summary>
    internal string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new PrometheusText();
        foreach (var (instrument, all) in _series.OrderBy(pair => NameOf(pair.Key), StringComparer.Ordinal))
        {
            var name = NameOf(instrument);
            text.Head(name, instrument.Description ?? instrument.Name, TypeOf(instrument));
            foreach (var (_, series) in all.OrderBy(pair => pair.Key, StringComparer.Ordinal))
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

    private void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = MetricLabels.Of(instrument.Name, tags);
        var all = _series.GetOrAdd(instrument, _ => new());
        var key = string.Join('\u001f', labels.Select(label => label.Key + '=' + label.Value));
        if (!all.TryGetValue(key, out var series))
        {
            if (all.Count >= MaxSeriesPerInstrument)
            {
                // There are fewer instruments than that, so this one has room.
                _dropped.Add(1, new KeyValuePair<string, object?>("instrument", NameOf(instrument)));
                return;
            }

            series = all.GetOrAdd(key, _ => new MetricSeries(labels, IsHistogram(instrument) ? BoundsOf(instrument) : []));
        }

        if (IsHistogram(instrument)) series.Record(value);
        else if (IsGauge(instrument)) series.Set(value);
        else series.Add(value);
    }

    private static double[] BoundsOf(Instrument instrument) => instrument.Unit == "s" ? Seconds : Counts;

    private static bool IsHistogram(Instrument instrument) => instrument is Histogram<double> or Histogram<long> or Histogram<int>;

    // These report their value, not a difference.
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
