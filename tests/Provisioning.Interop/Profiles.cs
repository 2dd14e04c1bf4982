using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Provisioning.Interop;

/// <summary>The profiles of the repository, and certificates that are made with them.</summary>
internal static class Profiles
{
    /// <summary>What a certificate of any of them may need to know of a device.</summary>
    internal static Dictionary<string, string> Attributes(string device) => new()
    {
        ["applicationUri"] = $"urn:{device}.plant.example:Example:Pump",
        ["hostname"] = $"{device}.plant.example",
        ["address"] = "192.0.2.42",
        ["organization"] = "Example GmbH",
        ["manufacturer"] = "Example Pumps",
    };

    /// <summary>Makes enrollments give certificates of a profile: its content is saved as that of <c>device</c>.</summary>
    internal static async Task UseAsync(HttpClient administrator, string profile)
    {
        var definition = JsonNode.Parse(await File.ReadAllTextAsync(Repository.At("pki", "profiles", profile + ".json")))!.AsObject();
        (definition["name"], definition["holder"]) = ("device", "device");
        using var message = new HttpRequestMessage(HttpMethod.Put, "/api/v1/profiles/device") { Content = JsonContent.Create(definition) };
        message.Headers.TryAddWithoutValidation("If-Match", "*");
        using var answer = await administrator.SendAsync(message);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Enrolls a device with a request and all attributes.</summary>
    internal static async Task<JsonElement> EnrollAsync(
        HttpClient registrar, string device, byte[] request, IReadOnlyDictionary<string, string>? attributes = null)
    {
        using var answer = await registrar.PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = device, csr = Convert.ToBase64String(request), attributes = attributes ?? Attributes(device) });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>A certification request for a key, DER.</summary>
    internal static byte[] Request(AsymmetricAlgorithm key, string device) => key is RSA rsa
        ? new CertificateRequest("CN=" + device, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest()
        : new CertificateRequest("CN=" + device, (ECDsa)key, HashAlgorithmName.SHA256).CreateSigningRequest();
}
