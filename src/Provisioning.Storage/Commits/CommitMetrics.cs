using System.Diagnostics.Metrics;

namespace Provisioning.Storage.Commits;

/// <summary>What the writer tells of itself.</summary>
internal sealed class CommitMetrics : IDisposable
{
    private readonly Meter _meter = new(Database.MeterName);
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _duration;

    public CommitMetrics(Func<int> queueLength)
    {
        _batchSize = _meter.CreateHistogram<int>(
            "provisioning.storage.commit.batch_size", "{operation}", "Operations that shared one commit.");
        _duration = _meter.CreateHistogram<double>(
            "provisioning.storage.commit.duration", "s", "From the start of a transaction until it was durable.");
        _meter.CreateObservableGauge(
            "provisioning.storage.queue.length", queueLength, "{operation}", "Operations that wait for the writer.");
    }

    /// <summary>For tests: which of several databases in a process this is.</summary>
    public Meter Meter => _meter;

    /// <summary>Commits so far.</summary>
    public long Commits { get; private set; }

    public void Committed(int operations, TimeSpan duration)
    {
        Commits++;
        _batchSize.Record(operations);
        _duration.Record(duration.TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();
}
