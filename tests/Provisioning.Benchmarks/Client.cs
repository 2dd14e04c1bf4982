using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Benchmarks;

/// <summary>Asks a <see cref="ServerProcess"/> as clients do; DER in, DER out.</summary>
internal sealed class Client : IDisposable
{
    private readonly HttpClient _http;

    internal Client(ServerProcess server, X509Certificate2 certificate)
    {
        Tls = TlsOptions(server, certificate);
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = Tls, PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan })
        {
            BaseAddress = new Uri($"https://localhost:{server.HttpsPort}"),
        };
    }

    internal SslClientAuthenticationOptions Tls { get; }

    internal static Client Of(ServerProcess server, string credential) => new(
        server, X509Certificate2.CreateFromPemFile(server.Credential(credential + ".pem"), server.Credential(credential + ".key")));

    /// <summary>Enrolls, and gives the certificate.</summary>
    internal Task<byte[]> EnrollAsync(Unit unit) => PostAsync($"/api/v1/enrollments?deviceId={unit.DeviceId}", unit.Request);

    /// <summary>Enrolls by EST, and gives the answer, which is not taken apart.</summary>
    internal async Task<byte[]> EnrollByEstAsync(Unit unit)
    {
        using var content = new StringContent(Convert.ToBase64String(unit.Request), new MediaTypeHeaderValue("application/pkcs10"));
        using var response = await _http.PostAsync("/.well-known/est/simpleenroll", content);
        return await ReadAsync(response);
    }

    internal Task<byte[]> RenewAsync(Unit unit) => PostAsync("/api/v1/renewals", unit.Request);

    internal async Task GetAsync(string path)
    {
        using var response = await _http.GetAsync(path);
        await ReadAsync(response);
    }

    internal async Task<JsonElement> GetJsonAsync(string path)
    {
        using var response = await _http.GetAsync(path);
        return JsonSerializer.Deserialize<JsonElement>(await ReadAsync(response));
    }

    internal async Task<JsonElement> PostJsonAsync(string path, string body)
    {
        using var content = new StringContent(body, null, "application/json");
        using var response = await _http.PostAsync(path, content);
        return JsonSerializer.Deserialize<JsonElement>(await ReadAsync(response));
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> PostAsync(string path, byte[] request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/pkix-cert") } },
        };
        using var response = await _http.SendAsync(message);
        return await ReadAsync(response);
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response) => response.IsSuccessStatusCode
        ? await response.Content.ReadAsByteArrayAsync()
        : throw new InvalidOperationException($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");

    private static SslClientAuthenticationOptions TlsOptions(ServerProcess server, X509Certificate2 certificate) => new()
    {
        TargetHost = "localhost",
        AllowTlsResume = false,
        ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(server.Pki("root.pem")) },
            ExtraStore = { X509CertificateLoader.LoadCertificateFromFile(server.Pki("issuing.pem")) },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };
}
