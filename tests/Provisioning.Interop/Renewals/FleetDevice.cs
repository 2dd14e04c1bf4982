using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Provisioning.Interop.Renewals;

/// <summary>One of ten thousand devices: it renews and shows what it has, a connection for each, and never loses power.</summary>
/// <param name="server">The service.</param>
/// <param name="tls">Whom the fleet trusts.</param>
/// <param name="turns">When it computes.</param>
/// <param name="place">Which one of the fleet it is.</param>
internal sealed class FleetDevice(ServerProcess server, DeviceTls tls, DeviceTurns turns, int place) : IDisposable
{
    private readonly string _id = $"pump-{place}";
    private SafeEvpPKeyHandle? _key;

    /// <summary>The certificate that it shows, with its key; it is given up with the next one.</summary>
    internal X509Certificate2 Active { get; private set; } = null!;

    internal async Task EnrollAsync(HttpClient registrar)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = X509Certificate2.CreateFromPem(await Api.EnrollPemAsync(registrar, _id, key));
        Keep(certificate, key);
    }

    /// <summary>Asks for the next certificate, with a key of its own; it is its certificate from now on, and shown to say so.</summary>
    internal async Task RenewAsync()
    {
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Api.Request(next, _id);
        var head = $"POST /api/v1/renewals HTTP/1.1\r\nHost: {DeviceConnection.Host}\r\nConnection: close\r\nContent-Type: application/pkcs10\r\n"
            + string.Create(CultureInfo.InvariantCulture, $"Accept: application/pkix-cert\r\nContent-Length: {request.Length}\r\n\r\n");
        using var certificate = X509CertificateLoader.LoadCertificate(await AskAsync([.. Encoding.ASCII.GetBytes(head), .. request], "201"));
        Dispose();
        Keep(certificate, next);
        await ShowAsync();
    }

    /// <summary>Shows its certificate, which is accepted.</summary>
    internal Task ShowAsync() =>
        AskAsync(Encoding.ASCII.GetBytes($"GET /api/v1/self HTTP/1.1\r\nHost: {DeviceConnection.Host}\r\nConnection: close\r\n\r\n"), "200");

    public void Dispose()
    {
        _key?.Dispose();
        Active?.Dispose();
    }

    private void Keep(X509Certificate2 certificate, ECDsa key)
    {
        Active = certificate.CopyWithPrivateKey(key);
        using var own = (ECDsaOpenSsl)Active.GetECDsaPrivateKey()!;
        _key = own.DuplicateKeyHandle();
    }

    private async Task<byte[]> AskAsync(byte[] request, string expected)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await DeviceConnection.OpenAsync(server.HttpsPort, place, tls, Active, _key!, turns, patience.Token);
        var answer = await connection.ExchangeAsync(request, patience.Token);
        var end = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        var text = Encoding.ASCII.GetString(answer);
        Assert.True(end > 0 && text.StartsWith($"HTTP/1.1 {expected} ", StringComparison.Ordinal), $"{_id}: {text}");
        return answer[(end + 4)..];
    }
}
