using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Provisioning.Interop.Samples;

/// <summary>A device at an MQTT broker, octet by octet (MQTT 3.1.1): what a client library would hide is when the broker closes the session.</summary>
internal sealed class MqttSession : IAsyncDisposable
{
    private readonly TcpClient _socket = new();
    private readonly string _device;
    private SslStream? _tls;

    private MqttSession(string device) => _device = device;

    /// <summary>Connects and publishes; null when the broker does not let the device in.</summary>
    internal static async Task<MqttSession?> OpenAsync(string address, int port, string trust, X509Certificate2 certificate, string device)
    {
        var session = new MqttSession(device);
        try
        {
            await session.ConnectAsync(address, port, trust, certificate);
            return session;
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException or SocketException)
        {
            await session.DisposeAsync();
            return null;
        }
    }

    /// <summary>Publishes below the device's own topic, and waits until the broker has taken it.</summary>
    internal async Task PublishAsync()
    {
        var packet = Packet(0x32, 0, (byte)$"devices/{_device}/state".Length, $"devices/{_device}/state", 0, 1, "running");
        await _tls!.WriteAsync(packet);
        Assert.Equal("40020001", Convert.ToHexString(await ReadAsync(4)));
    }

    /// <summary>Waits until the broker closes the session.</summary>
    internal async Task UntilClosedAsync(CancellationToken ct)
    {
        try
        {
            Assert.Equal(0, await _tls!.ReadAsync(new byte[1], ct));
        }
        catch (IOException)
        {
            // Closed without a word, as well.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_tls is not null) await _tls.DisposeAsync();
        _socket.Dispose();
    }

    private async Task ConnectAsync(string address, int port, string trust, X509Certificate2 certificate)
    {
        await _socket.ConnectAsync(address, port);
        _tls = new SslStream(_socket.GetStream());
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.ImportFromPemFile(trust);
        await _tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = address,
            CertificateChainPolicy = policy,
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, [.. policy.CustomTrustStore], offline: true),
        });
        var packet = Packet(0x10, 0, 4, "MQTT", 4, 2, 0, 60, 0, (byte)_device.Length, _device);
        await _tls.WriteAsync(packet);
        Assert.Equal("20020000", Convert.ToHexString(await ReadAsync(4)));
    }

    // Octets and texts, after the kind and the length of them all.
    private static byte[] Packet(byte kind, params object[] parts)
    {
        byte[] content = [.. parts.SelectMany(part => part is string text ? Encoding.ASCII.GetBytes(text) : [Convert.ToByte(part, null)])];
        return [kind, (byte)content.Length, .. content];
    }

    private async Task<byte[]> ReadAsync(int length)
    {
        var packet = new byte[length];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _tls!.ReadExactlyAsync(packet, limit.Token);
        return packet;
    }
}
