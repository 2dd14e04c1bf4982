using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Revocation;
using Provisioning.Status;
using Provisioning.Tests.Revocation;

namespace Provisioning.Tests.Status;

public sealed class StatusEndpointsTests : IAsyncLifetime
{
    // The framework compares If-Modified-Since with the machine's clock, so that this one must not be far from it.
    private readonly FakeTimeProvider _time = new(
        DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddMinutes(-10).ToUnixTimeSeconds()));
    private readonly CrlHouse _house;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public StatusEndpointsTests() => _house = new CrlHouse(
        TestAuthority.WithoutKey(TestAuthority.Create("root")), _time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(_house.Authorities);
        builder.Services.AddSingleton(_house.Published);
        builder.Services.AddSingleton<TimeProvider>(_time);
        _app = builder.Build();
        _app.MapStatus();
        await _app.StartAsync(Ct);
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _house.Dispose();
    }

    [Fact]
    public async Task The_CRL_comes_whole_with_its_type_length_and_validators()
    {
        await _house.PublishAsync();
        using var response = await _client.GetAsync("/crl/issuing.crl", Ct);
        var body = await response.Content.ReadAsByteArrayAsync(Ct);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(_house.Octets, body);
        Assert.Equal("application/pkix-crl", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.False(response.Headers.TransferEncodingChunked ?? false);
        Assert.False(response.Headers.ETag!.IsWeak);
        Assert.NotNull(response.Content.Headers.LastModified);
        Assert.Equal("public, max-age=15", response.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task HEAD_gives_the_same_headers_and_no_body()
    {
        await _house.PublishAsync();
        foreach (var path in (string[])["/crl/issuing.crl", "/ca/issuing.cer"])
        {
            using var got = await _client.GetAsync(path, Ct);
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var response = await _client.SendAsync(request, Ct);
            Assert.Equal(got.Content.Headers.ContentLength, response.Content.Headers.ContentLength);
            Assert.Equal(got.Headers.ETag, response.Headers.ETag);
            Assert.Equal(got.Content.Headers.LastModified, response.Content.Headers.LastModified);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync(Ct));
        }
    }

    [Fact]
    public async Task The_certificate_of_every_authority_comes_as_DER()
    {
        foreach (var authority in _house.Authorities.All)
        {
            using var response = await _client.GetAsync($"/ca/{authority.Name}.cer", Ct);
            Assert.Equal(authority.Certificate.ToArray(), await response.Content.ReadAsByteArrayAsync(Ct));
            Assert.Equal("application/pkix-cert", response.Content.Headers.ContentType!.ToString());
            Assert.Equal(authority.Certificate.Length, response.Content.Headers.ContentLength);
            Assert.Equal($"\"{authority.Thumbprint}\"", response.Headers.ETag!.Tag);
            Assert.Equal("public, max-age=3600", response.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task A_copy_that_is_current_is_not_sent_again_and_one_that_is_not_is()
    {
        await _house.PublishAsync();
        using var first = await _client.GetAsync("/crl/issuing.crl", Ct);
        var (tag, modified) = (first.Headers.ETag!, first.Content.Headers.LastModified!.Value);
        Assert.Equal(HttpStatusCode.NotModified, await AskAsync(headers => headers.IfNoneMatch.Add(tag)));
        Assert.Equal(HttpStatusCode.NotModified, await AskAsync(headers => headers.IfModifiedSince = modified));

        _time.Advance(TimeSpan.FromSeconds(2));
        await _house.PublishAsync();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(headers => headers.IfNoneMatch.Add(tag)));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(headers => headers.IfModifiedSince = modified));
    }

    [Fact]
    public async Task A_clock_that_went_back_does_not_make_an_old_copy_current()
    {
        await _house.PublishAsync();
        using var first = await _client.GetAsync("/crl/issuing.crl", Ct);
        var modified = first.Content.Headers.LastModified!.Value;
        _time.StepClock(TimeSpan.FromMinutes(-5));
        await _house.PublishAsync();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(headers => headers.IfModifiedSince = modified));
        using var second = await _client.GetAsync("/crl/issuing.crl", Ct);
        Assert.Null(second.Content.Headers.LastModified);

        _time.StepClock(TimeSpan.FromMinutes(6));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(headers => headers.IfModifiedSince = modified));
    }

    [Fact]
    public async Task A_part_is_sent_when_a_part_is_asked_for()
    {
        await _house.PublishAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/crl/issuing.crl");
        request.Headers.Range = new RangeHeaderValue(10, 19);
        using var response = await _client.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(_house.Octets[10..20], await response.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable,
            await AskAsync(headers => headers.Range = new RangeHeaderValue(1_000_000, null)));
    }

    [Fact]
    public async Task A_copy_is_never_good_for_longer_than_the_CRL()
    {
        await _house.PublishAsync();
        _time.Advance(_house.Options.Lifetime - TimeSpan.FromSeconds(4));
        Assert.Equal("public, max-age=4", await CacheControlAsync());
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("no-cache", await CacheControlAsync());
    }

    [Theory]
    [InlineData("/crl/unknown.crl")]
    [InlineData("/crl/ISSUING.crl")]
    [InlineData("/crl/root.crl")]
    [InlineData("/crl/issuing.crl.crl")]
    [InlineData("/crl/..%2fpki%2froot.crl")]
    [InlineData("/crl/..%5cpki%5croot.crl")]
    [InlineData("/crl/%2e%2e%2fcrl%2fissuing.crl")]
    [InlineData("/crl/issuing%00.crl")]
    [InlineData("/ca/unknown.cer")]
    public async Task L_01_what_is_unknown_is_not_found_as_a_problem(string path)
    {
        await _house.PublishAsync();
        var (status, head, body) = await SendRawAsync(path);
        if (path.Contains("%00", StringComparison.Ordinal))
        {
            Assert.Equal(400, status);
            return;
        }

        Assert.Equal(404, status);
        Assert.Contains("Content-Type: application/problem+json", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"Content-Length: {body.Length}", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Cache-Control: no-store", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("not-found", JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/crl/../crl/issuing.crl.new")]
    [InlineData("/crl/../../etc/passwd")]
    [InlineData("/crl/")]
    [InlineData("/crl/issuing.crl.new")]
    [InlineData("/crl/issuing/../../pki/root.crl")]
    [InlineData("/ca/../pki/issuing.key")]
    public async Task L_02_a_path_that_climbs_is_not_found(string path)
    {
        await _house.PublishAsync();
        Assert.Equal(404, (await SendRawAsync(path)).Status);
    }

    [Fact]
    public async Task A_CRL_that_is_not_made_yet_is_asked_for_later()
    {
        using var response = await _client.GetAsync("/crl/issuing.crl", Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter!.Delta);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task While_CRLs_are_made_every_answer_is_a_whole_one_and_no_number_goes_back()
    {
        for (var i = 0; i < 3_000; i++)
        {
            var row = CertificateRows.NewRow();
            _house.Store.Add(row);
            await _house.Store.RevokeAsync(row.SerialNumber, RevocationReason.Superseded, "a", _time.GetUtcNow(), Ct);
        }

        await _house.PublishAsync();
        var publishing = Task.WhenAll(Enumerable.Range(0, 30).Select(_ => _house.PublishAsync()));
        var tags = new Dictionary<string, Core.Certificates.Digest>();
        var last = 0L;
        do
        {
            using var response = await _client.GetAsync("/crl/issuing.crl", Ct);
            var facts = CrlFacts.TryRead("issuing", await response.Content.ReadAsByteArrayAsync(Ct));
            Assert.NotNull(facts);
            Assert.True(facts.IsSignedBy(_house.Authorities.Issuing));
            Assert.True(facts.Status.Number >= last);
            last = facts.Status.Number;
            tags.TryAdd(response.Headers.ETag!.Tag, facts.Status.Hash);
            Assert.Equal(tags[response.Headers.ETag!.Tag], facts.Status.Hash);
        }
        while (!publishing.IsCompleted);
        await publishing;
        Assert.Equal(tags.Count, tags.Values.Distinct().Count());
    }

    [Fact]
    public void Every_endpoint_is_anonymous_and_marked_for_the_plain_listener()
    {
        var endpoints = _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        Assert.Equal(10, endpoints.Count);
        Assert.All(endpoints, endpoint =>
        {
            Assert.NotNull(endpoint.Metadata.GetMetadata<ServedOnPlainHttpAttribute>());
            Assert.NotNull(endpoint.Metadata.GetMetadata<IAllowAnonymous>());
        });
    }

    [Fact]
    public async Task Another_method_is_not_allowed()
    {
        using var response = await _client.PostAsync("/crl/issuing.crl", null, Ct);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow.Order());
    }

    private async Task<HttpStatusCode> AskAsync(Action<HttpRequestHeaders> condition)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/crl/issuing.crl");
        condition(request.Headers);
        using var response = await _client.SendAsync(request, Ct);
        return response.StatusCode;
    }

    private async Task<string> CacheControlAsync()
    {
        using var response = await _client.GetAsync("/crl/issuing.crl", Ct);
        return response.Headers.CacheControl!.ToString();
    }

    // HttpClient tidies paths before it sends them; an attacker does not.
    private async Task<(int Status, string Head, string Body)> SendRawAsync(string path)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(_client.BaseAddress!.Host, _client.BaseAddress.Port, Ct);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(
            System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Ct);
        using var reader = new StreamReader(stream, System.Text.Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(Ct);
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(answer.AsSpan(9, 3)), answer[..end], answer[(end + 4)..]);
    }
}
