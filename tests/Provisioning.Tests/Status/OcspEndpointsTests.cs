using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Certificates;
using Provisioning.Status;
using Provisioning.Tests.Revocation.Ocsp;
using Provisioning.Tests.Server;

namespace Provisioning.Tests.Status;

/// <summary>OCSP over real HTTP: both methods, every spelling of an address, and what caches are told.</summary>
public sealed class OcspEndpointsTests : IAsyncLifetime
{
    private const int Malformed = 1;
    private TestServer _server = null!;
    private HttpClient _client = null!;
    private SerialNumber _serial;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private byte[] Good => OcspRequests.About(_server.Authorities.Issuing, _serial);

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = new HttpClient { BaseAddress = _server.Http };
        _serial = OcspHouse.SerialOf((await _server.NewDevice("pump-1").EnrollAsync(_server.Registrar())).SerialNumber);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_address_in_certificates_is_where_it_is_answered()
    {
        var device = await _server.NewDevice("pump-2").EnrollAsync(_server.Registrar());
        var access = device.Certificate!.Extensions.OfType<X509AuthorityInformationAccessExtension>().Single();
        Assert.Equal("http://localhost:0/ocsp", Assert.Single(access.EnumerateOcspUris()));
        Assert.Equal("http://localhost:0/ca/issuing.cer", Assert.Single(access.EnumerateCAIssuersUris()));
        using var issuing = X509CertificateLoader.LoadCertificate(_server.Authorities.Issuing.Certificate.Span);
        Assert.Empty(issuing.Extensions.OfType<X509AuthorityInformationAccessExtension>().Single().EnumerateOcspUris());
    }

    [Fact]
    public async Task POST_and_GET_answer_the_same_on_both_listeners()
    {
        var now = DateTimeOffset.UtcNow;
        var https = _server.Anonymous();
        foreach (var client in new[] { _client, https })
        {
            using var posted = await PostAsync(Good, client: client);
            using var got = await client.GetAsync(PathOf(Good), Ct);
            foreach (var answer in new[] { posted, got })
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal("application/ocsp-response", answer.Content.Headers.ContentType!.ToString());
                var body = await answer.Content.ReadAsByteArrayAsync(Ct);
                Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
                Assert.Equal(0, OcspReply.Read(body).Verified(_server.Authorities.Issuing, now.AddSeconds(1)).Only.Kind);
            }
        }
    }

    [Fact]
    public async Task O_01_what_is_no_request_is_malformed_and_what_is_too_long_is_413()
    {
        byte[][] bodies = [[], [0x30], [.. Good, 0], new byte[300], new byte[OcspEndpoints.MaxRequest]];
        foreach (var body in bodies)
        {
            using var answer = await PostAsync(body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            Assert.Equal(Malformed, OcspReply.Read(await answer.Content.ReadAsByteArrayAsync(Ct)).Status);
        }

        foreach (var isChunked in new[] { true, false })
        {
            using var answer = await PostAsync(new byte[OcspEndpoints.MaxRequest + 1], isChunked: isChunked);
            await IsProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "too-large");
        }
    }

    [Fact]
    public async Task O_02_every_spelling_of_a_GET_that_is_base64_is_answered()
    {
        // A request whose base64 has slashes, pluses and padding.
        var (request, text) = Enumerable.Range(0, 10_000)
            .Select(_ => OcspRequests.Of(OcspRequests.CertId(_server.Authorities.Issuing, SerialNumber.NewRandom())))
            .Select(der => (Der: der, Text: Convert.ToBase64String(der)))
            .First(one => one.Text.Contains("//", StringComparison.Ordinal) && one.Text.Contains('+') && one.Text.EndsWith('='));
        var escaped = Uri.EscapeDataString(text);
        string[] paths =
        [
            escaped,
            escaped.Replace("%2B", "%2b", StringComparison.Ordinal).Replace("%2F", "%2f", StringComparison.Ordinal),
            text,
            text.Replace("+", "%2B", StringComparison.Ordinal),
            text.Replace("/", "%2F", StringComparison.Ordinal),
            text.TrimEnd('='),
            text.Replace("=", "%3D", StringComparison.Ordinal),
            "/" + text,
            string.Concat(text.Select(c => $"%{(int)c:X2}")),
        ];
        foreach (var path in paths)
        {
            var (status, body) = await RawAsync("/ocsp/" + path);
            Assert.Equal(200, status);
            Assert.Equal(2, OcspReply.Read(body).Verified(_server.Authorities.Issuing, DateTimeOffset.UtcNow.AddSeconds(1)).Only.Kind);
            Assert.Equal(request[^17..], OcspReply.Read(body).Only.CertId[^17..]);
        }

        var (absolute, _) = await RawAsync($"http://localhost:{_server.Http.Port}/ocsp/{text}");
        Assert.Equal(200, absolute);

        // More than 255 characters: several certificates.
        var serials = Enumerable.Range(0, 12).Select(_ => SerialNumber.NewRandom()).ToArray();
        var (_, several) = await RawAsync(PathOf(OcspRequests.About(_server.Authorities.Issuing, serials)));
        Assert.Equal(12, OcspReply.Read(several).Singles.Count);
    }

    [Fact]
    public async Task O_02_a_GET_that_is_not_base64_in_its_one_spelling_is_malformed()
    {
        var text = Convert.ToBase64String(Good);
        var bare = text.TrimEnd('=');
        var twice = Uri.EscapeDataString(Uri.EscapeDataString("+" + text));
        string[] paths =
        [
            "", "%", "%2", "%zz", "!!!!", bare[..^1], bare + "===", bare + "====", text + "A", text + "%20", text + "%0A", bare[..10] + "=" + bare[10..],
            text.Replace("M", "%254D", StringComparison.Ordinal), twice, text + "?x=1", text.Replace('M', '-'), new string('A', 4001),
        ];
        foreach (var path in paths)
        {
            var (status, body) = await RawAsync("/ocsp/" + path);
            Assert.True(status == 200, path);
            Assert.Equal((byte[])[0x30, 3, 0x0A, 1, Malformed], body);
        }
    }

    [Fact]
    public async Task O_13_another_type_is_415_and_another_method_405()
    {
        foreach (var type in new[] { null, "text/plain", "application/octet-stream", "application/ocsp-response" })
        {
            using var answer = await PostAsync(Good, type);
            await IsProblemAsync(answer, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        }

        using (var content = new ByteArrayContent(Good) { Headers = { ContentType = new("application/ocsp-request"), ContentEncoding = { "gzip" } } })
        using (var answer = await _client.PostAsync("/ocsp", content, Ct))
            await IsProblemAsync(answer, HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        using (var answer = await PostAsync(Good, "Application/OCSP-Request; charset=binary")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch })
        {
            using var request = new HttpRequestMessage(method, "/ocsp");
            using var answer = await _client.SendAsync(request, Ct);
            await IsProblemAsync(answer, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            Assert.Equal(["GET", "HEAD", "POST"], answer.Content.Headers.Allow.Order());
        }
    }

    [Fact]
    public async Task O_13_HEAD_gives_the_headers_and_a_copy_that_is_current_is_not_sent_again()
    {
        using var got = await _client.GetAsync(PathOf(Good), Ct);
        using var head = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, PathOf(Good)), Ct);
        Assert.Equal(got.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(got.Headers.ETag, head.Headers.ETag);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Ct));

        using var again = await AskAgainAsync(got.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(got.Headers.ETag, again.Headers.ETag);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync(Ct));
        using var other = await AskAgainAsync(new EntityTagHeaderValue("\"other\""));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        await RevokeAsync("superseded");
        using var after = await AskAgainAsync(got.Headers.ETag!);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.Equal((1, 4), OcspReply.Read(await after.Content.ReadAsByteArrayAsync(Ct)).Only.Reading());
    }

    [Fact]
    public async Task O_14_caches_are_told_a_time_within_that_of_the_answer()
    {
        using var got = await _client.GetAsync(PathOf(Good), Ct);
        var single = OcspReply.Read(await got.Content.ReadAsByteArrayAsync(Ct)).Only;

        var control = got.Headers.CacheControl!;
        Assert.True(control is { Public: true, NoTransform: true, MustRevalidate: true, NoStore: false });
        Assert.InRange(control.MaxAge!.Value, TimeSpan.FromMinutes(7), single.NextUpdate - DateTimeOffset.UtcNow);
        Assert.Equal(single.NextUpdate, got.Content.Headers.Expires);
        Assert.Equal(single.ThisUpdate, got.Content.Headers.LastModified);
        Assert.False(got.Headers.ETag!.IsWeak);
        Assert.Equal(TimeSpan.FromMinutes(10), single.NextUpdate - single.ThisUpdate);
    }

    [Fact]
    public async Task Answers_with_a_nonce_errors_and_those_by_POST_are_in_no_cache()
    {
        var withNonce = OcspRequests.WithNonce([1, 2, 3], OcspRequests.CertId(_server.Authorities.Issuing, _serial));
        using var nonce = await _client.GetAsync(PathOf(withNonce), Ct);
        using var error = await _client.GetAsync(PathOf(OcspRequests.About(_server.Authorities.Root, _serial)), Ct);
        using var posted = await PostAsync(Good);
        Assert.Equal([1, 2, 3], OcspReply.Read(await nonce.Content.ReadAsByteArrayAsync(Ct)).Nonce);
        foreach (var answer in new[] { nonce, error, posted })
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
            Assert.Null(answer.Headers.ETag);
            Assert.Null(answer.Content.Headers.Expires);
            Assert.Null(answer.Content.Headers.LastModified);
        }
    }

    [Fact]
    public async Task I_13_a_revocation_is_seen_by_GET_and_POST_at_once()
    {
        for (var round = 0; round < 20; round++)
        {
            Assert.Equal("0 0", await KindsAsync());
            await RevokeAsync("certificateHold");
            Assert.Equal("1 1", await KindsAsync());
            using var released = await _server.Administrator().DeleteAsync($"/api/v1/certificates/{_serial}/revocation", Ct);
            Assert.True(released.IsSuccessStatusCode);
        }
    }

    [Fact]
    public async Task I_17_random_serial_numbers_are_never_good_over_HTTP()
    {
        for (var i = 0; i < 500; i++)
        {
            var request = OcspRequests.About(_server.Authorities.Issuing, SerialNumber.NewRandom());
            using var answer = i % 2 == 0 ? await PostAsync(request) : await _client.GetAsync(PathOf(request), Ct);
            Assert.Equal(2, await KindAsync(answer));
        }
    }

    [Fact]
    public async Task Clients_of_HTTP_1_0_are_answered()
    {
        await using var connection = await RawConnection.OpenAsync(_server.Http);
        await connection.SendAsync($"POST /ocsp HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: {Good.Length}\r\n\r\n");
        await connection.SendAsync(Good);
        var answer = await connection.ReadToEndAsync(TimeSpan.FromSeconds(30));
        Assert.Contains(" 200 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("chunked", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Where_OCSP_is_off_nobody_answers_and_certificates_do_not_name_it()
    {
        await using var server = await TestServer.StartAsync(options => options.Ocsp.Enabled = false);
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        Assert.Empty(device.Certificate!.Extensions.OfType<X509AuthorityInformationAccessExtension>().Single().EnumerateOcspUris());
        using var answer = await _client.GetAsync(new Uri(server.Http, PathOf(Good)), Ct);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.False(File.Exists(server.Instance.Data.KeyFile("ocsp-issuing")));
    }

    private static string PathOf(byte[] request) => "/ocsp/" + Uri.EscapeDataString(Convert.ToBase64String(request));

    private async Task<string> KindsAsync()
    {
        using var posted = await PostAsync(Good);
        using var got = await _client.GetAsync(PathOf(Good), Ct);
        return $"{await KindAsync(posted)} {await KindAsync(got)}";
    }

    private static async Task<int> KindAsync(HttpResponseMessage answer) =>
        OcspReply.Read(await answer.Content.ReadAsByteArrayAsync(Ct)).Only.Kind;

    private async Task RevokeAsync(string reason)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { reason }), System.Text.Encoding.UTF8, "application/json");
        using var answer = await _server.Administrator().PostAsync($"/api/v1/certificates/{_serial}/revocation", content, Ct);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private Task<HttpResponseMessage> AskAgainAsync(EntityTagHeaderValue tag)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, PathOf(Good)) { Headers = { IfNoneMatch = { tag } } };
        return _client.SendAsync(request, Ct);
    }

    private async Task<HttpResponseMessage> PostAsync(
        byte[] body, string? type = "application/ocsp-request", bool isChunked = false, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ocsp") { Content = new ByteArrayContent(body) };
        if (type is not null) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        request.Headers.TransferEncodingChunked = isChunked;
        return await (client ?? _client).SendAsync(request, Ct);
    }

    private static async Task IsProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Ct)).RootElement.GetProperty("code").GetString());
    }

    // HttpClient tidies paths before it sends them; OCSP clients do not.
    private async Task<(int Status, byte[] Body)> RawAsync(string target)
    {
        await using var connection = await RawConnection.OpenAsync(_server.Http);
        await connection.SendAsync($"GET {target} HTTP/1.1\r\nHost: localhost:{_server.Http.Port}\r\nConnection: close\r\n\r\n");
        var answer = await connection.ReadToEndAsync(TimeSpan.FromSeconds(30));
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(answer.AsSpan(9, 3)), System.Text.Encoding.Latin1.GetBytes(answer[(end + 4)..]));
    }
}
