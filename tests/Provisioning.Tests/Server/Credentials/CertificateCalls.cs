using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Credentials that are certificates, as an administrator has them issued.</summary>
internal static class CertificateCalls
{
    internal static async Task CreateBatchAsync(this TestServer server, string name, string group = "pumps", params string[] devices)
    {
        using var made = await server.Administrator().PostAsJsonAsync("/api/v1/claim-batches", new { name, group });
        await CredentialCalls.BodyAsync(made, HttpStatusCode.Created);
        if (devices.Length > 0) await server.ExpectAsync(name, new { devices = devices.Select(deviceId => new { deviceId }) });
    }

    internal static async Task<IReadOnlyList<string>> ExpectAsync(this TestServer server, string batch, object body)
    {
        using var response = await server.Administrator().PostAsJsonAsync($"/api/v1/claim-batches/{batch}/devices", body);
        return [.. (await CredentialCalls.BodyAsync(response)).GetProperty("items").EnumerateArray().Select(item =>
            (item.TryGetProperty("result", out var result) ? result : item.GetProperty("code")).GetString()!)];
    }

    /// <summary>A claim certificate of a batch, with its key.</summary>
    internal static async Task<X509Certificate2> IssueClaimAsync(this TestServer server, string batch)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var response = await server.Administrator().PostAsJsonAsync(
            $"/api/v1/claim-batches/{batch}/certificates", new { csr = Csr(batch, key) });
        return await TakeAsync(response, key);
    }

    /// <summary>Adds a registrar or administrator and gives its certificate, with its key.</summary>
    internal static async Task<X509Certificate2> AddPrincipalAsync(this TestServer server, string name, string kind = "registrar")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var response = await server.Administrator().PostAsJsonAsync("/api/v1/principals", new { name, kind, csr = Csr(name, key) });
        return await TakeAsync(response, key);
    }

    internal static async Task LimitAsync(this TestServer server, string registrar, string scope)
    {
        using var response = await server.Administrator().ReplaceAsync($"/api/v1/principals/{registrar}/scope", scope);
        await CredentialCalls.BodyAsync(response);
    }

    internal static string Csr(string commonName, ECDsa key) =>
        new CertificateRequest("CN=" + commonName, key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n";

    private static async Task<X509Certificate2> TakeAsync(HttpResponseMessage response, ECDsa key)
    {
        var pem = (await CredentialCalls.BodyAsync(response, HttpStatusCode.Created)).GetProperty("certificate").GetString();
        using var certificate = X509Certificate2.CreateFromPem(pem);
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
