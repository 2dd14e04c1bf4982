using Microsoft.Extensions.Logging;

namespace Provisioning.Rest.Bulk;

/// <summary>
/// The lines of one batch that the service itself failed at. One damaged row must not keep the others from their certificates; but where every
/// line fails, going on only fills the log.
/// </summary>
internal sealed partial class BatchFailures(ILogger<BatchFailures> logger) : IDisposable
{
    /// <summary>After so many lines in a row the batch is given up.</summary>
    internal const int MostInARow = 10;

    private const int MostExplained = 10;
    private int _count;

    /// <summary>Takes down a line, from any thread. Why it failed is logged of the first ones only.</summary>
    internal void Add(string device, Exception reason)
    {
        if (Interlocked.Increment(ref _count) <= MostExplained) Log.LineFailed(logger, device, reason);
    }

    public void Dispose()
    {
        if (_count > MostExplained) Log.LinesFailed(logger, _count, MostExplained);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The enrollment of {Device} in a batch failed")]
        internal static partial void LineFailed(ILogger logger, string device, Exception reason);

        [LoggerMessage(2, LogLevel.Error, "{Count} lines of a batch failed; why, is said of the first {Explained}")]
        internal static partial void LinesFailed(ILogger logger, int count, int explained);
    }
}
