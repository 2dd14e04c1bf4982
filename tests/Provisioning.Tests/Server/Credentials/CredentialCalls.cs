using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>What the tests of credentials ask the service for.</summary>
internal static class CredentialCalls
{
    private static readonly string[] AllCredentials = ["registrar", "administrator", "token", "claim", "birth"];

    internal static async Task DefineGroupAsync(this TestServer server, string name, object definition)
    {
        using var response = await server.Administrator().ReplaceAsync("/api/v1/groups/" + name, definition);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A group that takes every kind of credential.</summary>
    internal static Task OpenGroupAsync(this TestServer server, string name = "pumps") => server.DefineGroupAsync(
        name, new { credentials = AllCredentials });

    internal static async Task<IReadOnlyList<JsonElement>> CreateTokensAsync(this TestServer server, object body)
    {
        using var response = await server.Administrator().PostAsJsonAsync("/api/v1/tokens", body);
        return [.. (await BodyAsync(response, HttpStatusCode.Created)).GetProperty("items").EnumerateArray()];
    }

    /// <summary>Makes one token and gives its text.</summary>
    internal static async Task<string> CreateTokenAsync(this TestServer server, object body) =>
        (await server.CreateTokensAsync(body)).Single().GetProperty("token").GetString()!;

    /// <summary>A client without a certificate that shows a token.</summary>
    internal static HttpClient WithToken(this TestServer server, string token)
    {
        var client = server.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + token);
        return client;
    }

    internal static Task<HttpResponseMessage> EnrollAsync(this HttpClient client, string deviceId, ECDsa key, object? more = null)
    {
        var csr = new CertificateRequest("CN=" + deviceId, key, HashAlgorithmName.SHA256).CreateSigningRequest();
        var body = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        (body["deviceId"], body["csr"]) = (deviceId, Convert.ToBase64String(csr));
        return client.PostAsJsonAsync("/api/v1/enrollments", body);
    }

    internal static async Task<HttpResponseMessage> EnrollAsync(this HttpClient client, string deviceId)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return await client.EnrollAsync(deviceId, key);
    }

    /// <summary>Enrolls as a device that comes again when it is told that others are served.</summary>
    internal static async Task<HttpResponseMessage> EnrollUntilServedAsync(this HttpClient client, string deviceId)
    {
        while (true)
        {
            var answer = await client.EnrollAsync(deviceId);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) return answer;
            await Problem.IsAsync(answer, HttpStatusCode.ServiceUnavailable, "overloaded");
        }
    }

    internal static async Task<string> SerialAsync(HttpResponseMessage response) =>
        (await BodyAsync(response, HttpStatusCode.Created)).GetProperty("serialNumber").GetString()!;

    internal static async Task<JsonElement> BodyAsync(HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    internal static async Task<JsonElement> GetAsync(this TestServer server, string path)
    {
        using var response = await server.Administrator().GetAsync(path);
        return await BodyAsync(response);
    }

    internal static ByteArrayContent Content(byte[] body, string mediaType) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
}
