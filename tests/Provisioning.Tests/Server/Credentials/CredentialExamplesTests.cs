using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>The description of the operations on credentials: its examples have the fields that answers have.</summary>
public sealed class CredentialExamplesTests
{
    /// <summary>Where those operations are; the other examples are looked at in SwaggerTests.</summary>
    internal static readonly string[] Paths =
        ["/api/v1/tokens", "/api/v1/claim-batches", "/api/v1/trust-anchors", "/api/v1/manifest-signers", "/api/v1/manifests"];

    [Fact]
    public async Task The_examples_of_credentials_have_the_fields_that_answers_have()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync();
        var token = (await server.CreateTokensAsync(new { group = "pumps" })).Single().GetProperty("id").GetString();
        await server.CreateBatchAsync("week-4");
        using var acme = new Manufacturer();
        await acme.RegisterWellAsync(server);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new CertificateRequest("CN=Signer", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using (var added = await server.Administrator().PostAsJsonAsync(
            "/api/v1/manifest-signers", new { name = "signer", certificate = signer.ExportCertificatePem() + "\n" }))
        {
            await CredentialCalls.BodyAsync(added, HttpStatusCode.Created);
        }

        var paths = (await server.GetAsync("/swagger/v1/swagger.json")).GetProperty("paths").EnumerateObject()
            .Where(path => Paths.Any(known => path.Name.StartsWith(known, StringComparison.Ordinal)) && path.Value.TryGetProperty("get", out _)).ToList();
        Assert.Equal(7, paths.Count);
        foreach (var path in paths)
        {
            var example = path.Value.GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content")
                .GetProperty("application/json").GetProperty("example");
            var name = path.Name.Contains("tokens", StringComparison.Ordinal) ? token : path.Name.Contains("claim", StringComparison.Ordinal) ? "week-4" : "acme";
            var answer = await server.GetAsync(path.Name.Replace("{id}", name, StringComparison.Ordinal).Replace("{name}", name, StringComparison.Ordinal));
            Assert.Equal(Names(example), Names(answer));
        }
    }

    // The names of all fields, in order, inside the first item of a list too.
    private static string Names(JsonElement json) => string.Join(' ', json.EnumerateObject().Select(field => field.Value.ValueKind switch
    {
        JsonValueKind.Array when field.Value.GetArrayLength() > 0 && field.Value[0].ValueKind == JsonValueKind.Object =>
            $"{field.Name} [{Names(field.Value[0])}]",
        JsonValueKind.Object => $"{field.Name} ({Names(field.Value)})",
        _ => field.Name,
    }));
}
