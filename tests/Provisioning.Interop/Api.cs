using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>Talks to a <see cref="ServerProcess"/> as clients do.</summary>
internal static class Api
{
    /// <summary>A client with one of the first credentials, or without.</summary>
    internal static HttpClient Client(ServerProcess server, string? credential = null)
    {
        X509Certificate2? certificate = null;
        if (credential is not null) certificate = Credential(server, credential);
        return Client(server, certificate);
    }

    /// <summary>One of the first credentials, with its key.</summary>
    internal static X509Certificate2 Credential(ServerProcess server, string credential)
    {
        using var pem = X509Certificate2.CreateFromPemFile(server.Credential(credential + ".pem"), server.Credential(credential + ".key"));
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A client that trusts the server's root and nothing else.</summary>
    internal static HttpClient Client(ServerProcess server, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(server.Pki("root.pem")) },
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                },
            },
        };
        if (certificate is not null)
            handler.SslOptions.ClientCertificateContext = System.Net.Security.SslStreamCertificateContext.Create(certificate, null, offline: true);
        return new HttpClient(handler) { BaseAddress = new Uri(server.Https), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>A certification request, DER.</summary>
    internal static byte[] Request(ECDsa key, string deviceId) =>
        new CertificateRequest($"CN={deviceId}", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>Posts a certification request; the answer is asked for as PEM.</summary>
    internal static Task<HttpResponseMessage> EnrollAsync(HttpClient client, string deviceId, byte[] request) =>
        PostAsync(client, $"/api/v1/enrollments?deviceId={deviceId}", request);

    /// <summary>Enrolls, and gives the leaf and the chain above it, PEM.</summary>
    internal static async Task<string> EnrollPemAsync(HttpClient client, string deviceId, ECDsa key)
    {
        using var response = await EnrollAsync(client, deviceId, Request(key, deviceId));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return text;
    }

    internal static async Task RevokeAsync(HttpClient administrator, string serialNumber, string reason)
    {
        using var response = await TryRevokeAsync(administrator, serialNumber, reason);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    internal static Task<HttpResponseMessage> TryRevokeAsync(HttpClient administrator, string serialNumber, string reason) =>
        administrator.PostAsJsonAsync($"/api/v1/certificates/{serialNumber}/revocation", new { reason });

    /// <summary>All rows of a list, page by page.</summary>
    internal static async Task<List<JsonElement>> ListAsync(HttpClient administrator, string path)
    {
        var all = new List<JsonElement>();
        for (string? cursor = null; ;)
        {
            var separator = path.Contains('?') ? '&' : '?';
            var address = $"{path}{separator}limit=500" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}");
            var page = await administrator.GetFromJsonAsync<JsonElement>(address);
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
            if (cursor is null) return all;
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string address, byte[] request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/pem-certificate-chain") } },
        };
        return await client.SendAsync(message);
    }
}
