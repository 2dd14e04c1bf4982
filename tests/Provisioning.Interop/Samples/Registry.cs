using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Interop.Samples;

/// <summary>What the registry of a running server holds, read as its administrator.</summary>
internal sealed class Registry : IDisposable
{
    private readonly X509Certificate2 _administrator;
    private readonly HttpClient _client;

    internal Registry(ServerProcess server)
    {
        _administrator = X509Certificate2.CreateFromPemFile(server.Credential("admin.pem"), server.Credential("admin.key"));
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(server.Pki("root.pem")));
        var handler = new SocketsHttpHandler
        {
            SslOptions = { ClientCertificates = [_administrator], CertificateChainPolicy = trust },
            UseProxy = false,
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri(server.Https + "/api/v1/") };
    }

    /// <summary>The IDs of all devices.</summary>
    internal async Task<List<string>> DeviceIdsAsync() =>
        [.. (await ListAsync("devices?limit=500")).Select(device => device.GetProperty("deviceId").GetString()!)];

    /// <summary>The holders of all device certificates in a state, one entry for each certificate.</summary>
    internal async Task<List<string>> HoldersAsync(string state) =>
        [.. (await ListAsync($"certificates?limit=500&holderKind=device&state={state}"))
            .Select(certificate => certificate.GetProperty("holder").GetString()!)];

    public void Dispose()
    {
        _client.Dispose();
        _administrator.Dispose();
    }

    private async Task<List<JsonElement>> ListAsync(string path)
    {
        var all = new List<JsonElement>();
        for (string? cursor = null; ;)
        {
            var page = await _client.GetFromJsonAsync<JsonElement>(
                cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}", TestContext.Current.CancellationToken);
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
            if (cursor is null) return all;
        }
    }
}
