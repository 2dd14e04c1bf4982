using System.Formats.Asn1;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation;
using Provisioning.Status;
using Provisioning.Tests.Revocation;

namespace Provisioning.Tests.Status;

/// <summary>The CRLs of shards and the delta CRLs over HTTP: what strangers ask for, and what they get.</summary>
public sealed class CrlEndpointsTests : IAsyncLifetime
{
    private static readonly string[] Paths =
        ["/crl/issuing.crl", "/crl/issuing.delta.crl", "/crl/issuing/2.crl", "/crl/issuing/2.delta.crl"];

    // The framework compares If-Modified-Since with the machine's clock, so that this one must not be far from it.
    private readonly FakeTimeProvider _time = new(
        DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddMinutes(-10).ToUnixTimeSeconds()));
    private readonly CrlHouse _house;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public CrlEndpointsTests() => _house = new CrlHouse(time: _time, configure: options => options with
    {
        Addresses = new PublicAddresses("pki.example", 80) { CrlShards = 2 },
        HasDeltas = true,
    });

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
        await CrlShardTests.DeclareAsync(_house, _house.Options.Addresses);
        await PublishAllAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _house.Dispose();
    }

    [Fact]
    public async Task Every_kind_of_CRL_is_at_the_address_that_certificates_and_CRLs_name()
    {
        foreach (var (path, name) in Paths.Zip((CrlName[])[
            CrlHouse.NameOf(0), CrlHouse.NameOf(0, isDelta: true), CrlHouse.NameOf(2), CrlHouse.NameOf(2, isDelta: true)]))
        {
            Assert.EndsWith(path, _house.Options.Addresses.Crl("issuing", name.Scope.Shard, name.IsDelta), StringComparison.Ordinal);
            using var response = await _client.GetAsync(path, Ct);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("application/pkix-crl", response.Content.Headers.ContentType!.ToString());
            Assert.Equal(_house.ReadFacts(name).Status.Hash, Core.Certificates.Digest.Of(await response.Content.ReadAsByteArrayAsync(Ct)));
            using var head = await _client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path), Ct);
            Assert.Equal(response.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        }
    }

    [Theory]
    [InlineData("/crl/unknown.crl")]
    [InlineData("/crl/unknown/1.crl")]
    [InlineData("/crl/unknown.delta.crl")]
    [InlineData("/crl/issuing/3.crl")]
    [InlineData("/crl/issuing/3.delta.crl")]
    [InlineData("/crl/issuing/0.crl")]
    [InlineData("/crl/issuing/01.crl")]
    [InlineData("/crl/issuing/+1.crl")]
    [InlineData("/crl/issuing/-1.crl")]
    [InlineData("/crl/issuing/%201.crl")]
    [InlineData("/crl/issuing/99999999999999999999.crl")]
    [InlineData("/crl/issuing/x.crl")]
    [InlineData("/crl/issuing/1/1.crl")]
    [InlineData("/crl/issuing/.crl")]
    [InlineData("/crl/ISSUING/1.crl")]
    public async Task L_01_The_CRL_of_an_unknown_authority_or_shard_is_not_found(string path)
    {
        using var response = await _client.GetAsync(path, Ct);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("/crl/../pki/issuing.key")]
    [InlineData("/crl/..%2fpki%2fissuing.crl")]
    [InlineData("/crl/issuing/..%2f..%2fpki%2froot.crl")]
    [InlineData("/crl/issuing/%2e%2e/%2e%2e/pki/root.crl")]
    [InlineData("/crl/issuing.1.crl")]
    [InlineData("/crl/issuing/1.crl.new")]
    [InlineData("/crl/issuing%2f1.crl")]
    [InlineData("/crl/issuing/1%5c..%5c2.crl")]
    [InlineData("/crl//etc/passwd.crl")]
    public async Task L_02_A_path_that_leads_elsewhere_is_not_found(string path)
    {
        // By hand: clients tidy such paths up before they send them.
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(_app.Urls.Single()).Port, Ct);
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Ct);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 404", await reader.ReadLineAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task L_03_A_part_of_any_CRL_can_be_asked_for()
    {
        foreach (var path in Paths)
        {
            var whole = await _client.GetByteArrayAsync(path, Ct);
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(10, 29) } };
            using var response = await _client.SendAsync(request, Ct);
            Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
            Assert.Equal(whole[10..30], await response.Content.ReadAsByteArrayAsync(Ct));
        }
    }

    [Fact]
    public async Task L_04_A_copy_of_any_CRL_that_is_current_is_not_sent_again()
    {
        foreach (var path in Paths)
        {
            using var first = await _client.GetAsync(path, Ct);
            var since = first.Content.Headers.LastModified!.Value;
            Assert.Equal(HttpStatusCode.NotModified, await AskAsync(path, headers => headers.IfModifiedSince = since));
            Assert.Equal(HttpStatusCode.NotModified, await AskAsync(path, headers => headers.IfNoneMatch.Add(first.Headers.ETag!)));
            _time.Advance(TimeSpan.FromSeconds(2));
            await PublishAllAsync();
            Assert.Equal(HttpStatusCode.OK, await AskAsync(path, headers => headers.IfModifiedSince = since));
            Assert.Equal(HttpStatusCode.OK, await AskAsync(path, headers => headers.IfNoneMatch.Add(first.Headers.ETag!)));
        }
    }

    [Fact]
    public async Task L_05_While_a_CRL_is_made_the_old_one_comes_and_comes_whole()
    {
        var looked = 0;
        _house.Store.BeforePersisting = (what, _) =>
        {
            // It is complete, signed and staged, and not on record yet.
            if (what != "record") return;
            foreach (var (path, name) in Paths.Zip((CrlName[])[
                CrlHouse.NameOf(0), CrlHouse.NameOf(0, isDelta: true), CrlHouse.NameOf(2), CrlHouse.NameOf(2, isDelta: true)]))
            {
                var octets = _client.GetByteArrayAsync(path, Ct).GetAwaiter().GetResult();
                Assert.Equal(_house.Published.Find(name)!.Hash, Core.Certificates.Digest.Of(octets));
                Assert.True(CrlFacts.TryRead(name, octets)!.IsSignedBy(_house.Authorities.Issuing));
                looked++;
            }
        };
        await PublishAllAsync();
        Assert.Equal(4 * Paths.Length, looked);
    }

    [Fact]
    public async Task L_06_A_shard_without_revocations_has_a_CRL_without_the_field_for_them()
    {
        foreach (var path in Paths)
        {
            var octets = await _client.GetByteArrayAsync(path, Ct);
            var list = new AsnReader(octets, AsnEncodingRules.DER).ReadSequence().ReadSequence();
            for (var field = 0; field < 5; field++) list.ReadEncodedValue();
            Assert.Equal(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true), list.PeekTag()); // crlExtensions
        }
    }

    private async Task PublishAllAsync()
    {
        foreach (var shard in (int[])[0, 2])
            foreach (var isDelta in (bool[])[false, true]) await _house.PublishAsync(CrlHouse.NameOf(shard, isDelta));
    }

    private async Task<HttpStatusCode> AskAsync(string path, Action<HttpRequestHeaders> condition)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        condition(request.Headers);
        using var response = await _client.SendAsync(request, Ct);
        return response.StatusCode;
    }
}
