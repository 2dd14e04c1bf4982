using System.Globalization;

namespace Provisioning.Server.Observability;

/// <summary>
/// Which labels of a measurement are kept. The framework's instruments bring many: those that say nothing here (there is one scheme and
/// one protocol, and a problem has its code) or that a caller can vary would only multiply the series.
/// </summary>
internal static class MetricLabels
{
    private const string Route = "http.route";
    private const string Method = "http.request.method";

    /// <summary>The labels as Prometheus wants them, in the order in which they came.</summary>
    /// <param name="instrument">The instrument's name.</param>
    /// <param name="tags">What it brought.</param>
    internal static List<KeyValuePair<string, string>> Of(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // What no route serves is one series for each status, whatever method it was tried with.
        var isRouted = instrument != "http.server.request.duration" || Has(tags, Route);
        var labels = new List<KeyValuePair<string, string>>(tags.Length);
        foreach (var (key, value) in tags)
        {
            if (IsKept(instrument, key) && (isRouted || key != Method))
                labels.Add(new(key.Replace('.', '_'), Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
        }

        return labels;
    }

    private static bool IsKept(string instrument, string key) => instrument switch
    {
        "http.server.request.duration" => key is Route or Method or "http.response.status_code",
        "kestrel.tls_handshake.duration" => key is "tls.protocol.version" or "error.type",
        "kestrel.active_connections" => key is "server.port",
        _ => true, // our own
    };

    private static bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags, string key)
    {
        foreach (var tag in tags)
            if (tag.Key == key) return true;
        return false;
    }
}
