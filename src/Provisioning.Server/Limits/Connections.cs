using System.Diagnostics.Metrics;

namespace Provisioning.Server.Limits;

/// <summary>The places of both listeners, what the metrics say of them, and one line of the log a minute while they do not suffice.</summary>
internal sealed partial class Connections : IDisposable
{
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    private readonly Meter _meter = new("Provisioning.Server");
    private readonly Counter<long> _turnedAway;
    private readonly Lock _saying = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Makes both.</summary>
    /// <param name="places">How many connections each has.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is said that there are too many.</param>
    public Connections(int places, TimeProvider time, ILogger<Connections> logger)
    {
        (_time, _logger) = (time, logger);
        _turnedAway = _meter.CreateCounter<long>(
            "provisioning.connections.turned_away", description: "Connections that got no place at their listener, or lost it to another one.");
        Https = Listener("https", places);
        Http = Listener("http", places);
        _meter.CreateObservableGauge("provisioning.connections.held", () => Of(table => table.Count), description: "Connections of each listener.");
        _meter.CreateObservableGauge(
            "provisioning.connections.held_by_one", () => Of(table => table.Heaviest.Count), description: "Connections of the address, or the /48 of IPv6, that holds most of them.");
    }

    /// <summary>Those of the TLS listener.</summary>
    internal ConnectionTable Https { get; }

    /// <summary>Those of the plain one.</summary>
    internal ConnectionTable Http { get; }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<int>> Of(Func<ConnectionTable, int> number) =>
    [
        new(number(Https), new KeyValuePair<string, object?>("listener", "https")),
        new(number(Http), new KeyValuePair<string, object?>("listener", "http")),
    ];

    private ConnectionTable Listener(string listener, int places)
    {
        long? said = null;
        var (refused, ended) = (0, 0);
        ConnectionTable? table = null;
        return table = new ConnectionTable(places, _time, Tell);

        // What came before the minute that a line is about is not told with it.
        void Tell(ConnectionTable.Crowded why)
        {
            _turnedAway.Add(
                1, new KeyValuePair<string, object?>("listener", listener), new KeyValuePair<string, object?>("reason", why.ToString().ToLowerInvariant()));
            (int Refused, int Ended) told;
            lock (_saying)
            {
                if (said is { } before && _time.GetElapsedTime(before) >= 2 * SayEvery) (refused, ended) = (0, 0);
                if (why == ConnectionTable.Crowded.Full) refused++;
                else ended++;
                if (said is { } last && _time.GetElapsedTime(last) < SayEvery) return;
                said = _time.GetTimestamp();
                told = (refused, ended);
                (refused, ended) = (0, 0);
            }

            var (site, count) = table!.Heaviest;
            Log.Crowded(_logger, places, listener, told.Refused, told.Ended, site.ToString(), count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1404, LogLevel.Warning,
            "All {Places} connections of the {Listener} listener are taken: {Refused} were refused, {Ended} ended for others. Most of them, {Count}, are of {Address}.")]
        internal static partial void Crowded(ILogger logger, int places, string listener, int refused, int ended, string address, int count);
    }
}
