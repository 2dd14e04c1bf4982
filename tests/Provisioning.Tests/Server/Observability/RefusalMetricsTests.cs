using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Server.Observability;

/// <summary>Every problem that is answered is counted once, under the code that the client sees.</summary>
[Collection(Alone.Name)]
public sealed class RefusalMetricsTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    public static TheoryData<string> Codes => new(Requests.Keys);

    private static Dictionary<string, Func<TestServer, Task<HttpResponseMessage>>> Requests { get; } = new()
    {
        ["bad-query"] = server => server.Administrator().GetAsync("/api/v1/devices?nope=1"),
        ["malformed"] = server => EnrollAsync(server, "{"u8.ToArray(), "application/json", query: ""),
        ["bad-idempotency-key"] = server => EnrollAsync(server, new CsrBuilder().Build(), idempotencyKey: "a b"),
        ["no-credential"] = server => server.Anonymous().GetAsync("/api/v1/devices"),
        ["not-allowed"] = server => server.Registrar().GetAsync("/api/v1/devices"),
        ["not-found"] = server => server.Administrator().GetAsync("/api/v1/devices/nobody"),
        ["method-not-allowed"] = server => server.Administrator().PutAsync("/api/v1/devices", null),
        ["not-acceptable"] = server => EnrollAsync(server, new CsrBuilder().Build(), accept: "image/png"),
        ["too-large"] = server => EnrollAsync(server, new byte[20_000]),
        ["unsupported-media-type"] = server => EnrollAsync(server, new CsrBuilder().Build(), "text/plain"),
        ["bad-csr"] = server => EnrollAsync(server, new CsrBuilder { Version = Der.Integer(1) }.Build()),
        ["identity-mismatch"] = server => EnrollAsync(server, new CsrBuilder().Build(), query: "?deviceId=other"),
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task A_refusal_is_counted_once_under_the_code_that_the_client_sees(string code)
    {
        using var counted = new Counted();

        using var response = await Requests[code](shared.Server);

        Assert.Equal(code, Assert.Single(response.Headers.GetValues("Provisioning-Error")));
        Assert.Equal([code], counted.Codes);
    }

    [Fact]
    public async Task What_the_status_door_and_the_router_refuse_is_counted_too()
    {
        using var client = new HttpClient { BaseAddress = shared.Server.Http };
        foreach (var path in new[] { "/crl/nobody.crl", "/nothing/here" })
        {
            using var counted = new Counted();
            using var response = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal(["not-found"], counted.Codes);
        }
    }

    [Fact]
    public async Task Who_asks_too_much_is_counted_too()
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.Status = new() { PerSecond = 1, Burst = 1 });
        using var client = new HttpClient { BaseAddress = server.Http };
        using var counted = new Counted();
        var refused = 0;
        for (var i = 0; i < 5; i++)
        {
            using var response = await client.GetAsync("/health/live");
            if (response.StatusCode == HttpStatusCode.TooManyRequests) refused++;
        }

        Assert.True(refused > 0);
        Assert.Equal(Enumerable.Repeat("too-many-requests", refused), counted.Codes);
    }

    private static async Task<HttpResponseMessage> EnrollAsync(
        TestServer server,
        byte[] body,
        string contentType = "application/pkcs10",
        string query = "?deviceId=dev-1",
        string? idempotencyKey = null,
        string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/enrollments" + query)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } },
        };
        if (idempotencyKey is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        return await server.Registrar().SendAsync(request);
    }

    /// <summary>The codes that were counted since it was made.</summary>
    private sealed class Counted : IDisposable
    {
        private readonly List<string> _codes = [];
        private readonly MeterListener _listener = new();

        internal Counted()
        {
            _listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Name: "provisioning.requests.refused", Meter.Name: "Provisioning.Core" })
                    self.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                lock (_codes) _codes.AddRange(Enumerable.Repeat((string)tags[0].Value!, (int)value));
            });
            _listener.Start();
        }

        internal IReadOnlyList<string> Codes
        {
            get { lock (_codes) return [.. _codes]; }
        }

        public void Dispose() => _listener.Dispose();
    }
}
