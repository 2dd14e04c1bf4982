using System.Diagnostics.Metrics;
using Provisioning.Server.Observability;

namespace Provisioning.Tests.Server.Observability;

public sealed class MetricsCollectorTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    [Fact]
    public async Task Requests_are_told_apart_by_method_route_and_status_and_by_nothing_else()
    {
        await shared.IsAliveAsync();
        using (await shared.Client.GetAsync("/nothing/" + Guid.NewGuid())) { }

        var lines = await SamplesAsync(
            "http_server_request_duration_seconds_count",
            ["http_request_method=\"GET\"", "http_response_status_code=\"200\"", "http_route=\"/api/v1/self\""],
            ["http_response_status_code=\"403\""]);

        string[] known = ["http_request_method", "http_response_status_code", "http_route"];
        Assert.All(lines.SelectMany(Labels), label => Assert.Contains(label.Split('=')[0], known));
    }

    [Fact]
    public async Task A_handshake_is_told_apart_by_version_and_failure_only()
    {
        await using (await RawConnection.OpenTlsAsync(shared.Server.Https)) { }
        var lines = await SamplesAsync("kestrel_tls_handshake_duration_seconds_count", ["tls_protocol_version=\"1.3\""]);

        Assert.All(
            lines.SelectMany(Labels), label => Assert.Contains(label.Split('=')[0], (string[])["error_type", "tls_protocol_version"]));
    }

    [Fact]
    public void What_has_no_room_is_counted_by_its_instrument()
    {
        using var collector = new MetricsCollector();
        using var meter = new Meter("Provisioning.Tests");
        var crowded = meter.CreateCounter<long>("provisioning.tests.crowded");

        for (var i = 0; i < 1_000; i++) crowded.Add(1, new KeyValuePair<string, object?>("who", i));

        var text = collector.Write().Split('\n');
        var kept = text.Count(line => line.StartsWith("provisioning_tests_crowded_total{", StringComparison.Ordinal));
        Assert.InRange(kept, 1, 999);
        Assert.Contains($"provisioning_metrics_dropped_total{{instrument=\"provisioning_tests_crowded_total\"}} {1_000 - kept}", text);
    }

    [Fact]
    public void What_is_not_kept_may_have_any_number_of_values()
    {
        using var collector = new MetricsCollector();
        using var meter = new Meter("Elsewhere");
        var duration = meter.CreateHistogram<double>("http.server.request.duration", "s");

        for (var i = 0; i < 10_000; i++)
        {
            KeyValuePair<string, object?>[] tags =
                [new("http.route", "/here"), new("http.request.method", "GET"), new("http.response.status_code", 200), new("server.address", i % 5_000)];
            duration.Record(0.1, tags);
        }

        const string Labels = "http_route=\"/here\",http_request_method=\"GET\",http_response_status_code=\"200\"";
        var text = collector.Write().Split('\n');
        Assert.Contains($"http_server_request_duration_seconds_count{{{Labels}}} 10000", text);
        Assert.DoesNotContain(text, line => line.StartsWith("provisioning_metrics_dropped_total", StringComparison.Ordinal));
    }

    [Fact]
    public void What_has_not_been_reported_is_not_named()
    {
        using var collector = new MetricsCollector();
        using var meter = new Meter("Provisioning.Tests");
        var silent = meter.CreateCounter<long>("provisioning.tests.silent");
        Assert.DoesNotContain("provisioning_tests_silent", collector.Write(), StringComparison.Ordinal);
        silent.Add(1);
        Assert.Contains("provisioning_tests_silent_total 1", collector.Write().Split('\n'));
    }

    [Fact]
    public void A_gauge_tells_its_last_value_and_not_the_sum_of_all()
    {
        using var collector = new MetricsCollector();
        using var meter = new Meter("Provisioning.Tests");
        var level = meter.CreateGauge<int>("provisioning.tests.level");
        foreach (var value in new[] { 7, 5, 3 }) level.Record(value);
        Assert.Contains("provisioning_tests_level 3", collector.Write().Split('\n'));
    }

    private static IEnumerable<string> Labels(string line) =>
        line[(line.IndexOf('{') + 1)..line.LastIndexOf('}')].Split(',').Order(StringComparer.Ordinal);

    // A request is measured when its answer has left already, so what is expected may come a moment later.
    private async Task<List<string>> SamplesAsync(string name, params string[][] expected)
    {
        var client = shared.Server.Administrator();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var text = await client.GetStringAsync("/metrics", patience.Token);
            List<string> lines = [.. text.Split('\n').Where(line => line.StartsWith(name + '{', StringComparison.Ordinal))];
            if (expected.All(labels => lines.Any(line => Labels(line).SequenceEqual(labels)))) return lines;
        }
    }
}
