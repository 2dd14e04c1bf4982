using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Provisioning.Tests.Server.Observability;

namespace Provisioning.Tests.Server.Limits;

/// <summary>
/// A stranger with one address opens more connections than a listener has places for: that concerns nobody with another address. But it takes the
/// processors of other tests.
/// </summary>
[Collection(Alone.Name)]
public sealed class CrowdedListenerTests
{
    private const int Places = 60;
    private const int Opened = 120;
    private const string Strangers = "127.0.0.1";
    private const string Others = "127.0.0.2";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public enum Says
    {
        Nothing,
        OneOctet,
        WholeHandshake,
    }

    [Theory]
    [InlineData(Says.Nothing)]
    [InlineData(Says.OneOctet)]
    [InlineData(Says.WholeHandshake)]
    public async Task A_stranger_who_takes_all_places_of_the_TLS_listener_shuts_out_nobody_with_another_address(Says says)
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.Connections = Places);
        await using var crowd = await Crowd.OpenAsync(server.Https, says);
        for (var i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.OK, await AskAsync(new Uri(server.Https, "/.well-known/est/cacerts"), Others));
    }

    [Theory]
    [InlineData(Says.Nothing)]
    [InlineData(Says.OneOctet)]
    public async Task So_it_is_at_the_plain_listener(Says says)
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.Connections = Places);
        await server.UntilCrlsAsync();
        await using var crowd = await Crowd.OpenAsync(server.Http, says);
        for (var i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.OK, await AskAsync(new Uri(server.Http, "/crl/issuing.crl"), Others));
    }

    [Fact]
    public async Task The_stranger_s_neighbors_behind_one_address_get_in_once_it_has_been_silent_for_a_second()
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.Connections = Places);
        await using var crowd = await Crowd.OpenAsync(server.Https, Says.Nothing);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await AskAsync(new Uri(server.Https, "/.well-known/est/cacerts"), Strangers) != HttpStatusCode.OK) limit.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task It_is_told_in_the_metrics_and_once_in_the_log()
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.Connections = Places);
        await using (await Crowd.OpenAsync(server.Https, Says.OneOctet)) await AskAsync(new Uri(server.Https, "/.well-known/est/cacerts"), Others);
        var metrics = await server.Administrator().GetStringAsync("/metrics", Ct);
        Assert.Contains("provisioning_connections_turned_away_total{listener=\"https\",reason=\"full\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("provisioning_connections_turned_away_total{listener=\"https\",reason=\"share\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("provisioning_connections_held{listener=\"https\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("provisioning_connections_held_by_one{listener=\"http\"}", metrics, StringComparison.Ordinal);
        var line = Assert.Single(server.Log.All, one => one.Contains("connections of the https listener are taken", StringComparison.Ordinal));
        Assert.Contains($"All {Places} connections", line, StringComparison.Ordinal);
        Assert.Contains(Strangers, line, StringComparison.Ordinal);
    }

    // One connection, one request: as devices do it.
    private static async Task<HttpStatusCode?> AskAsync(Uri uri, string from)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            ConnectCallback = async (context, ct) => new NetworkStream(await ConnectAsync(from, context.DnsEndPoint.Port, ct), ownsSocket: true),
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        try
        {
            using var answer = await client.GetAsync(uri, Ct);
            return answer.StatusCode;
        }
        catch (Exception refused) when (refused is HttpRequestException or SocketException)
        {
            return null;
        }
    }

    private static async Task<Socket> ConnectAsync(string from, int port, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);
        return socket;
    }

    /// <summary>Whoever loses a connection opens another one, for as long as this is there.</summary>
    private sealed class Crowd : IAsyncDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private Task[] _all = [];

        internal static async Task<Crowd> OpenAsync(Uri listener, Says says)
        {
            var crowd = new Crowd();
            var opened = new SemaphoreSlim(0);
            crowd._all = [.. Enumerable.Range(0, Opened).Select(_ => crowd.StayAsync(listener.Port, says, opened))];
            for (var i = 0; i < Opened; i++) await opened.WaitAsync(Ct);
            return crowd;
        }

        public async ValueTask DisposeAsync()
        {
            await _over.CancelAsync();
            await Task.WhenAll(_all);
            _over.Dispose();
        }

        private async Task StayAsync(int port, Says says, SemaphoreSlim opened)
        {
            // Not all of a processor: a crowd that does nothing but connect is another test.
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (!_over.IsCancellationRequested)
            {
                try
                {
                    await using var stream = new NetworkStream(await ConnectAsync(Strangers, port, _over.Token), ownsSocket: true);
                    await using var tls = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
                    if (says == Says.OneOctet) await stream.WriteAsync(new byte[] { 22 }, _over.Token);
                    if (says == Says.WholeHandshake) await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, _over.Token);
                    opened.Release();
                    _ = await (says == Says.WholeHandshake ? tls : (Stream)stream).ReadAsync(new byte[1], _over.Token);
                }
                catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
                {
                    opened.Release();
                }

                await pause.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }
}
