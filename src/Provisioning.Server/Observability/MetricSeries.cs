namespace Provisioning.Server.Observability;

/// <summary>The running total of one instrument with one set of labels.</summary>
internal sealed class MetricSeries(IReadOnlyList<KeyValuePair<string, string>> labels, IReadOnlyList<double> bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[bounds.Count + 1];
    private double _sum;
    private long _count;

    internal IReadOnlyList<KeyValuePair<string, string>> Labels => labels;

    internal void Add(double value)
    {
        lock (_gate) _sum += value;
    }

    internal void Set(double value)
    {
        lock (_gate) _sum = value;
    }

    internal void Record(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Count && value > bounds[bucket]) bucket++;
        lock (_gate)
        {
            _buckets[bucket]++;
            _sum += value;
            _count++;
        }
    }

    internal void WriteValue(PrometheusText text, string name)
    {
        lock (_gate) text.Sample(name, labels, _sum);
    }

    internal void WriteHistogram(PrometheusText text, string name)
    {
        lock (_gate)
        {
            var below = 0L;
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
            {
                below += _buckets[bucket];
                var bound = bucket < bounds.Count ? bounds[bucket] : double.PositiveInfinity;
                text.Sample(name + "_bucket", [.. labels, new("le", PrometheusText.Number(bound))], below);
            }

            text.Sample(name + "_sum", labels, _sum);
            text.Sample(name + "_count", labels, _count);
        }
    }
}
