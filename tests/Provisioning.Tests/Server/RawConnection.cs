using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server;

/// <summary>A connection that sends whatever a hostile client would.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly Stream _stream;

    private RawConnection(TcpClient client, Stream stream) => (_client, _stream) = (client, stream);

    internal Stream Stream => _stream;

    internal SslStream Tls => (SslStream)_stream;

    /// <summary>Connects to the plain listener, without TLS.</summary>
    internal static async Task<RawConnection> OpenAsync(Uri address)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", address.Port);
        return new RawConnection(client, client.GetStream());
    }

    /// <summary>Connects to the TLS listener; believes every server, because the server is not what is tested here.</summary>
    internal static async Task<RawConnection> OpenTlsAsync(
        Uri address, X509Certificate2? certificate = null, SslProtocols protocols = SslProtocols.None,
        List<SslApplicationProtocol>? offered = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", address.Port);
        var tls = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            ApplicationProtocols = offered,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        };
        if (certificate is not null)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        await tls.AuthenticateAsClientAsync(options);
        return new RawConnection(client, tls);
    }

    internal Task SendAsync(string text) => SendAsync(System.Text.Encoding.Latin1.GetBytes(text));

    internal async Task SendAsync(ReadOnlyMemory<byte> octets)
    {
        try
        {
            await _stream.WriteAsync(octets);
        }
        catch (IOException)
        {
            // The server has closed in the middle, as it may; what it said before is still read.
        }
    }

    /// <summary>Everything until the server closes.</summary>
    internal async Task<string> ReadToEndAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        var all = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(all, limit.Token);
        }
        catch (IOException)
        {
            // Closed with a reset: as good as closed.
        }

        return System.Text.Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>The first line of the answer.</summary>
    internal async Task<string> ReadStatusLineAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var line = new List<byte>();
        var one = new byte[1];
        while (line.Count == 0 || line[^1] != '\n')
        {
            if (await _stream.ReadAsync(one, limit.Token) == 0) break;
            line.Add(one[0]);
        }

        return System.Text.Encoding.Latin1.GetString([.. line]).Trim();
    }

    /// <summary>Ends it with a reset (RST), and TLS without a word.</summary>
    internal void Abort()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }
}
