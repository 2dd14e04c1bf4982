using System.Net.Security;
using System.Security.Authentication;
using System.Text;

namespace Provisioning.Tests.Server;

/// <summary>What a stranger may send over HTTP and TLS, and the answer (rows H of the table of hostile inputs).</summary>
public sealed class HostileHttpTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    // Kestrel looks at its clocks once a second, and on a busy machine later: who is in time once of three times has a limit.
    private const int Tries = 3;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    public static TheoryData<string, string, string> BadRequests => new()
    {
        { "H_02 120 headers", "GET /health/live HTTP/1.1\r\nHost: x\r\n" + Repeat("A{0}: b\r\n", 120) + "\r\n", "431" },
        { "H_02 a header of 40 KB", "GET /health/live HTTP/1.1\r\nHost: x\r\nA: " + new string('a', 40_000) + "\r\n\r\n", "431" },
        { "H_03 a request line of 20 KB", "GET /" + new string('a', 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "414" },
        { "H_04 HTTP/9.9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "505" },
        { "H_04 garbage", "\0\u0001\u0002 garbage\r\n\r\n", "400" },
        { "H_04 a TLS hello on the plain port", "\u0016\u0003\u0001\0\u0005\u0001\0\0\u0001\0\r\n\r\n", "400" },
        { "H_05 no Host", "GET /health/live HTTP/1.1\r\n\r\n", "400" },
        { "H_05 two Hosts", "GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400" },
        { "H_05 an absolute form with another host", "GET http://y/health/live HTTP/1.1\r\nHost: x\r\n\r\n", "400" },
        { "H_06 NUL in a header", "GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", "400" },
        { "H_06 a space before the colon", "GET /health/live HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "400" },
        { "H_06 a folded line", "GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "400" },
        { "H_07 two lengths", "POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400" },
        { "H_07 a negative length", "POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400" },
        { "H_09 bare line feeds", "GET /health/live HTTP/1.1\nHost: x\n\n", "400" },
    };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task A_malformed_request_gets_its_status_and_the_server_goes_on(string row, string request, string status)
    {
        await using var connection = await RawConnection.OpenAsync(shared.Server.Http);

        await connection.SendAsync(request);

        var answer = await connection.ReadStatusLineAsync();
        Assert.True(answer.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal), $"{row}: {answer}");
        await shared.IsAliveAsync();
    }

    [Fact]
    public async Task H_01_a_body_over_the_limit_is_refused_by_its_length_and_by_its_octets()
    {
        foreach (var body in new[] { "Content-Length: 16385\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n" + Repeat("400\r\n" + new string('a', 0x400) + "\r\n", 17) })
        {
            await using var connection = await RawConnection.OpenTlsAsync(shared.Server.Https, shared.Registrar);
            await connection.SendAsync(
                "POST /api/v1/enrollments?deviceId=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\n" + body);

            Assert.StartsWith("HTTP/1.1 413", await connection.ReadToEndAsync(Long), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task H_10_a_chunk_extension_with_a_bare_line_feed_is_refused()
    {
        await using var connection = await RawConnection.OpenTlsAsync(shared.Server.Https, shared.Registrar);

        await connection.SendAsync(
            "POST /api/v1/enrollments?deviceId=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n1;\nx\r\na\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400", await connection.ReadToEndAsync(Long), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H_13_a_body_that_stalls_is_ended_within_10_seconds()
    {
        var limit = TimeSpan.FromSeconds(10);
        var time = await Measured.LeastWaitAsync(Tries, limit, async () =>
        {
            await using var connection = await RawConnection.OpenTlsAsync(shared.Server.Https, shared.Registrar);
            await connection.SendAsync(
                "POST /api/v1/enrollments?deviceId=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\nContent-Length: 100\r\n\r\na");

            Assert.StartsWith("HTTP/1.1 408", await connection.ReadToEndAsync(Long), StringComparison.Ordinal);
        });
        Assert.InRange(time, TimeSpan.Zero, limit);
    }

    [Fact]
    public async Task H_14_headers_that_stall_are_ended_in_about_10_seconds()
    {
        var limit = TimeSpan.FromSeconds(15);
        var time = await Measured.LeastWaitAsync(Tries, limit, async () =>
        {
            await using var connection = await RawConnection.OpenAsync(shared.Server.Http);
            await connection.SendAsync("GET /health/live HTTP/1.1\r\nHost: ");

            Assert.StartsWith("HTTP/1.1 408", await connection.ReadToEndAsync(Long), StringComparison.Ordinal);
        });
        Assert.InRange(time, TimeSpan.FromSeconds(5), limit);
    }

    [Fact]
    public async Task H_15_a_silent_connection_is_closed_in_about_5_seconds_without_a_line_in_the_log()
    {
        var before = shared.Server.Log.OfThisServer.Count;
        var limit = TimeSpan.FromSeconds(8);
        var time = await Measured.LeastWaitAsync(Tries, limit, async () =>
        {
            await using var silent = await RawConnection.OpenAsync(shared.Server.Https);
            await using var empty = await RawConnection.OpenAsync(shared.Server.Https);

            await empty.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x00, 0x00 });

            Assert.Equal("", await silent.ReadToEndAsync(Long));
            await empty.ReadToEndAsync(Long);
        });
        Assert.InRange(time, TimeSpan.Zero, limit);
        Assert.DoesNotContain(shared.Server.Log.OfThisServer.Skip(before), line => line.StartsWith("Error", StringComparison.Ordinal));
        await shared.IsAliveAsync();
    }

    [Fact]
    public async Task H_17_HTTP_2_is_never_negotiated()
    {
        await using (var both = await RawConnection.OpenTlsAsync(
            shared.Server.Https, shared.Registrar, offered: [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]))
        {
            Assert.Equal(SslApplicationProtocol.Http11, both.Tls.NegotiatedApplicationProtocol);
        }

        // RFC 7301 §3.2: without a protocol in common there is no connection.
        await Assert.ThrowsAnyAsync<AuthenticationException>(
            () => RawConnection.OpenTlsAsync(shared.Server.Https, shared.Registrar, offered: [SslApplicationProtocol.Http2]));
        await shared.IsAliveAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task H_17_the_preface_of_HTTP_2_is_refused_and_the_connection_closed(bool isTls)
    {
        await using var connection = isTls
            ? await RawConnection.OpenTlsAsync(shared.Server.Https, shared.Registrar)
            : await RawConnection.OpenAsync(shared.Server.Http);

        // Behind it the empty SETTINGS frame, with which every client goes on.
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0");

        // On the plain listener in its own words: a GOAWAY frame with HTTP_1_1_REQUIRED (RFC 9113 §7), and nothing else.
        var answer = await connection.ReadToEndAsync(Long);
        if (isTls) Assert.Matches("^HTTP/1\\.1 (400|505) ", answer);
        else Assert.Equal("\0\0\b\a\0\0\0\0\0\0\0\0\0\0\0\0\r", answer);
        await shared.IsAliveAsync();
    }

    [Fact]
    public async Task H_18_only_TLS_1_2_and_1_3_are_spoken()
    {
#pragma warning disable SYSLIB0039, CA5397, CA5398 // The old versions are what is tested.
        foreach (var old in new[] { SslProtocols.Tls, SslProtocols.Tls11 })
            await Assert.ThrowsAnyAsync<Exception>(() => RawConnection.OpenTlsAsync(shared.Server.Https, null, old));
        foreach (var good in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            await using var connection = await RawConnection.OpenTlsAsync(shared.Server.Https, null, good);
            Assert.Equal(good, connection.Tls.SslProtocol);
        }
#pragma warning restore SYSLIB0039, CA5397, CA5398
    }

    [Theory]
    [InlineData("X-Forwarded-For: 10.0.0.1")]
    [InlineData("X-Client-Cert: MIIB")]
    [InlineData("Forwarded: for=10.0.0.1;proto=https")]
    [InlineData("X-Forwarded-Proto: https")]
    public async Task H_27_headers_of_a_proxy_that_is_not_there_change_nothing(string header)
    {
        await using var connection = await RawConnection.OpenTlsAsync(shared.Server.Https);
        await connection.SendAsync($"GET /api/v1/devices HTTP/1.1\r\nHost: localhost\r\n{header}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 401", await connection.ReadToEndAsync(Long), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H_24_a_wrong_method_is_told_which_ones_there_are()
    {
        using var response = await shared.Client.PutAsync("/api/v1/enrollments", null);

        Assert.Equal(["POST"], response.Content.Headers.Allow);
        await Problem.IsAsync(response, System.Net.HttpStatusCode.MethodNotAllowed, "method-not-allowed");
    }

    [Fact]
    public async Task The_plain_listener_serves_nothing_but_what_is_meant_for_it()
    {
        using var client = new HttpClient { BaseAddress = shared.Server.Http };
        foreach (var path in new[] { "/api/v1/devices", "/api/v1/self", "/swagger", "/metrics", "/api/v1/authorities" })
        {
            using var response = await client.GetAsync(path);
            Assert.True((int)response.StatusCode is 401 or 404, $"{path} {(int)response.StatusCode}");
        }

        await shared.Server.UntilCrlsAsync();
        foreach (var path in new[] { "/health/live", "/crl/issuing.crl", "/crl/root.crl", "/ca/issuing.cer", "/ca/root.cer" })
        {
            using var response = await client.GetAsync(path);
            Assert.True(response.IsSuccessStatusCode, $"{path} {(int)response.StatusCode}");
        }
    }

    private static string Repeat(string text, int times)
    {
        var all = new StringBuilder();
        for (var i = 0; i < times; i++) all.Append(text.Replace("{0}", i.ToString(), StringComparison.Ordinal));
        return all.ToString();
    }

    public sealed class SharedServer : IAsyncLifetime
    {
        internal TestServer Server { get; private set; } = null!;

        internal System.Security.Cryptography.X509Certificates.X509Certificate2 Registrar { get; private set; } = null!;

        internal HttpClient Client { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await TestServer.StartAsync();
            Registrar = Server.Credential("factory-line");
            Client = Server.Registrar();
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();

        internal async Task IsAliveAsync() =>
            Assert.True((await Client.GetAsync("/api/v1/self")).IsSuccessStatusCode);
    }
}
