using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Tests.Server;

/// <summary>A device: its key, its requests, and the certificate that it was given last.</summary>
internal sealed class TestDevice(TestServer server, string id)
{
    internal string Id => id;

    internal ECDsa Key { get; private set; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The certificate that was received last, with its key.</summary>
    internal X509Certificate2? Certificate { get; private set; }

    internal string SerialNumber => Certificate!.SerialNumber;

    /// <summary>A certification request for a key, DER.</summary>
    internal byte[] Request(ECDsa? key = null, string? commonName = null) =>
        new CertificateRequest($"CN={commonName ?? id}", key ?? Key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>Enrolls as a factory line does, for a lot or for none, and keeps the certificate.</summary>
    internal async Task<TestDevice> EnrollAsync(HttpClient registrar, string? lot = null)
    {
        var body = new Dictionary<string, string> { ["deviceId"] = id, ["csr"] = Convert.ToBase64String(Request()) };
        if (lot is not null) body["lot"] = lot;
        using var response = await registrar.PostAsJsonAsync("/api/v1/enrollments", body);
        Take(await Body(response), Key);
        return this;
    }

    /// <summary>Keeps the certificate of an answer to a request with this device's key.</summary>
    internal async Task TakeAsync(HttpResponseMessage answer) => Take(await Body(answer), Key);

    /// <summary>Renews with the current certificate, to a new key or the same.</summary>
    internal async Task<HttpResponseMessage> RenewAsync(HttpClient client, bool newKey = true)
    {
        var key = newKey ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : Key;
        using var content = new ByteArrayContent(Request(key)) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } };
        var response = await client.PostAsync("/api/v1/renewals", content);
        if (response.IsSuccessStatusCode) Take(await Body(response), key);
        return response;
    }

    /// <summary>A client that shows the certificate that was received last, on connections of its own.</summary>
    internal HttpClient Client() => server.Client(Certificate);

    private void Take(JsonElement answer, ECDsa key)
    {
        using var certificate = X509Certificate2.CreateFromPem(answer.GetProperty("certificate").GetString());
        Take(certificate, key);
    }

    /// <summary>Keeps a certificate, and the key that it is for.</summary>
    internal void Take(X509Certificate2 certificate, ECDsa key)
    {
        using var withKey = certificate.CopyWithPrivateKey(key);
        Key = key;
        Certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private static async Task<JsonElement> Body(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }
}
