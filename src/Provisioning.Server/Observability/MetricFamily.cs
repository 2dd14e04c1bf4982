using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Provisioning.Server.Observability;

/// <summary>
/// What one instrument has reported: a series for each set of labels that is kept. A measurement finds its series by its tags as they are,
/// without making a label of any; that is done once for each set of tags.
/// </summary>
internal sealed class MetricFamily(Instrument instrument, IReadOnlyList<double>? bounds)
{
    // More than any instrument can have of itself: routes times the statuses that they answer with.
    private const int MaxSeries = 300;

    // Tags that are not kept make more of these than there are series. What has no room here is looked up by its labels.
    private const int MaxKnown = 2_000;

    private readonly ConcurrentDictionary<string, MetricSeries> _byLabels = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _byTags = new(MetricTagsComparer.Instance);
    private int _known;

    /// <summary>Whether nothing was reported yet.</summary>
    internal bool IsEmpty => _byLabels.IsEmpty;

    /// <summary>All series, in the order of their labels.</summary>
    internal IEnumerable<MetricSeries> All => _byLabels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value);

    /// <summary>The series of a measurement.</summary>
    /// <param name="tags">What it brought.</param>
    /// <returns>Null when there is no room for another series.</returns>
    internal MetricSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _byTags.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>().TryGetValue(tags, out var series) ? series : Add(tags);

    private MetricSeries? Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = MetricLabels.Of(instrument.Name, tags);
        var key = string.Join('\u001f', labels.Select(label => label.Key + '=' + label.Value));
        if (!_byLabels.TryGetValue(key, out var series))
        {
            if (_byLabels.Count >= MaxSeries) return null;
            series = _byLabels.GetOrAdd(key, _ => new MetricSeries(labels, bounds ?? []));
        }

        if (Volatile.Read(ref _known) < MaxKnown && _byTags.TryAdd(tags.ToArray(), series)) Interlocked.Increment(ref _known);
        return series;
    }
}
