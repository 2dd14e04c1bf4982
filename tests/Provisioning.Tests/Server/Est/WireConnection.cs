using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Authentication.ExtendedProtection;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server.Est;

/// <summary>A connection of a client that counts octets: what comes is kept by the records of TLS that it came in.</summary>
internal sealed class WireConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TcpClient _client;
    private readonly RecordedStream _records;
    private readonly SslStream _tls;

    private WireConnection(TcpClient client, RecordedStream records, SslStream tls) => (_client, _records, _tls) = (client, records, tls);

    internal static async Task<WireConnection> OpenAsync(
        TestServer server, X509Certificate2? certificate = null, SslProtocols protocols = SslProtocols.Tls12)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Https.Port);
        var records = new RecordedStream(client.GetStream());
        var tls = new SslStream(records);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
        });
        records.Forget();
        return new WireConnection(client, records, tls);
    }

    /// <summary>The tls-unique of the session (RFC 5929 §3), as this end has it.</summary>
    internal byte[] Unique()
    {
        using var binding = _tls.TransportContext!.GetChannelBinding(ChannelBindingKind.Unique)!;
        var octets = new byte[binding.Size];
        System.Runtime.InteropServices.Marshal.Copy(binding.DangerousGetHandle(), octets, 0, octets.Length);

        // Behind addresses, of which there are none, and the name of the kind; the Finished message of TLS 1.2 has 12 octets (RFC 5246 §7.4.9).
        Assert.Equal("tls-unique:", System.Text.Encoding.ASCII.GetString(octets[..^12][^11..]));
        return octets[^12..];
    }

    /// <summary>Sends a request as it stands, and reads the answer, to its length or to the end of the connection.</summary>
    internal async Task<WireAnswer> AskAsync(string request, bool toEnd = false)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _tls.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), limit.Token);
        var all = new MemoryStream();
        var buffer = new byte[32 * 1024];
        WireAnswer? answer = null;
        while (answer is null || toEnd)
        {
            var count = await _tls.ReadAsync(buffer, limit.Token);
            if (count == 0) break;
            all.Write(buffer.AsSpan(0, count));
            answer = WireAnswer.TryRead(all.ToArray());
        }

        Assert.True(answer is not null, System.Text.Encoding.Latin1.GetString(all.ToArray()));
        var records = _records.Take();
        return answer with { Records = records, HasEnded = toEnd };
    }

    public async ValueTask DisposeAsync()
    {
        await _tls.DisposeAsync();
        _client.Dispose();
    }
}
