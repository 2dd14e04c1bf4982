using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Provisioning.Interop.Samples;

/// <summary>What a service lets drip.</summary>
internal enum Drip
{
    Nothing,
    Handshake,
    Answer,
}

/// <summary>A service on TLS that gives prepared answers, whatever it is asked: to see what a client makes of wrong ones.</summary>
internal sealed class PreparedService : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-prepared-").FullName;
    private readonly Func<byte[], byte[]> _answer;
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;
    private readonly Drip _drip;

    internal PreparedService(params byte[][] answers)
        : this(Drip.Nothing, answers)
    {
    }

    /// <summary>One that lets a part of what it sends drip: a byte at a time, five in a second.</summary>
    internal PreparedService(Drip drip, params byte[][] answers)
        : this(drip, InOrder(answers))
    {
    }

    /// <summary>One that looks at what it is asked.</summary>
    internal PreparedService(Func<byte[], byte[]> answer)
        : this(Drip.Nothing, answer)
    {
    }

    private PreparedService(Drip drip, Func<byte[], byte[]> answer)
    {
        _drip = drip;
        _answer = answer;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        File.WriteAllText(Certificate, made.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        _listener.Start();
        _serving = ServeAsync();
    }

    internal string Url => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Its certificate, which is its own root; with the key it will do for a factory line too.</summary>
    internal string Certificate => Path.Combine(_folder, "certificate.pem");

    internal string Key => Path.Combine(_folder, "certificate.key");

    /// <summary>When each connection came.</summary>
    internal List<DateTimeOffset> Connections { get; } = [];

    /// <summary>An answer with a body of this length.</summary>
    internal static byte[] Answer(string statusLineAndHeaders, int bodyLength) =>
        Answer(statusLineAndHeaders, new byte[bodyLength]);

    /// <summary>An answer with this body.</summary>
    internal static byte[] Answer(string statusLineAndHeaders, ReadOnlySpan<byte> body) =>
        [.. Encoding.ASCII.GetBytes(statusLineAndHeaders.ReplaceLineEndings("\r\n") + "\r\n\r\n"), .. body];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
            {
                // While it waited for somebody, or while it still served the one before.
                return;
            }

            using (client)
            {
                Connections.Add(DateTimeOffset.UtcNow);
                try
                {
                    await AnswerAsync(client);
                }
                catch (Exception problem) when (problem is IOException or AuthenticationException)
                {
                    // The client has hung up, as it may.
                }
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        await using var network = new DrippingStream(client.GetStream()) { Drips = _drip == Drip.Handshake };
        await using var tls = new SslStream(network);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = _certificate,
            EnabledSslProtocols = SslProtocols.Tls12,
        });
        var request = await ReadRequestAsync(tls);
        network.Drips = _drip != Drip.Nothing;
        await tls.WriteAsync(_answer(request));
        await tls.ShutdownAsync();
    }

    // The last one is for all that is asked after it.
    private static Func<byte[], byte[]> InOrder(byte[][] answers)
    {
        var left = new Queue<byte[]>(answers);
        return _ => left.Count > 1 ? left.Dequeue() : left.Peek();
    }

    private static async Task<byte[]> ReadRequestAsync(SslStream tls)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var count = await tls.ReadAsync(buffer.AsMemory(length));
            if (count == 0) return buffer[..length];
            length += count;
            var text = Encoding.Latin1.GetString(buffer, 0, length);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head < 0) continue;
            var header = text[..head].Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
            if (length >= head + 4 + int.Parse(header?["Content-Length: ".Length..] ?? "0")) return buffer[..length];
        }
    }
}
