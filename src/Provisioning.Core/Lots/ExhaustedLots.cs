using Microsoft.Extensions.Logging;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Lots;

/// <summary>
/// Tells the log that a lot is exhausted, at the first attempt beyond its order: once an hour for each lot, and for so many lots at
/// most, so that whoever tries again and again buries nothing else.
/// </summary>
internal sealed partial class ExhaustedLots(ILogger logger, ClockGuard clock)
{
    private const int MaxLots = 1_000;
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);

    /// <summary>Somebody wanted a unit more.</summary>
    internal void Note(Lot lot, Caller caller)
    {
        if (MayTell(lot.Name, clock.LastBelieved())) Log.Exhausted(logger, lot.Name, lot.Definition.Quota, lot.Scrapped, caller.Actor);
    }

    private bool MayTell(string lot, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_told.TryGetValue(lot, out var last) && now - last < Window) return false;
            if (_told.Count >= MaxLots) _told.Clear();
            _told[lot] = now;
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1401, LogLevel.Warning,
            "The lot {Lot} is exhausted: all {Quota} units that were ordered, and {Scrapped} in the place of scrapped ones, have been enrolled. {Actor} wanted one more.")]
        internal static partial void Exhausted(ILogger logger, string lot, long quota, long scrapped, string actor);
    }
}
