using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Manifests of secure elements, over the real server.</summary>
public sealed class ManifestTests : IAsyncLifetime
{
    private readonly ECDsa _signer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private X509Certificate2? _certificate;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.OpenGroupAsync();
        await RegisterAsync("log-signer", CertificateOf(_signer));
    }

    public ValueTask DisposeAsync()
    {
        _signer.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task A_device_of_a_manifest_comes_with_the_key_of_its_secure_element_only()
    {
        await _server.CreateBatchAsync("week-4");
        using var element = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var report = await ImportAsync(Array(Element("0123f1822c38dd7a01", element)), "&claimBatch=week-4&deviceId=se-%24%7BuniqueId%7D");

        Assert.Equal((1, 0, 0, 0), Counts(report));
        var device = await _server.GetAsync("/api/v1/devices/se-0123f1822c38dd7a01");
        Assert.Equal("ATECC608A", device.GetProperty("attributes").GetProperty("model").GetString());
        using var claim = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(claim);
        await Problem.IsAsync(await client.EnrollAsync("se-0123f1822c38dd7a01"), HttpStatusCode.Forbidden, "key-mismatch");
        await CredentialCalls.SerialAsync(await client.EnrollAsync("se-0123f1822c38dd7a01", element));
    }

    [Fact]
    public async Task Each_bad_element_is_told_with_its_index_and_the_good_ones_are_kept()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = Element("aa00", key);
        var (header, payload) = (good.GetProperty("protected").GetString()!, good.GetProperty("payload").GetString()!);
        var elements = new object[]
        {
            good,
            Element("aa01", key, signWith: stranger),
            Element("aa02", key, named: CertificateOf(stranger)),
            Element("aa03", key, alg: "none"),
            Element("aa04", key, crit: true),
            Element("aa05", key, said: "aa99"),
            Element("aa06", key, kid: "1"),
            Element("bad id", key),
            new { payload, @protected = header },
            "text",
            new { payload = payload + "=", @protected = header, signature = good.GetProperty("signature").GetString() },
            new { payload = Encode("""{"uniqueId":"aa00","uniqueId":"aa10"}"""u8), @protected = header, signature = good.GetProperty("signature").GetString() },
            Element("aa12", key),
        };

        var report = await ImportAsync(JsonSerializer.Serialize(elements));

        Assert.Equal((2, 0, 0, 11), Counts(report));
        Assert.Equal(
            [
                "1 bad-manifest", "2 bad-manifest", "3 bad-manifest", "4 bad-manifest", "5 malformed", "6 malformed", "7 bad-device-id",
                "8 malformed", "9 malformed", "10 bad-manifest", "11 bad-manifest",
            ],
            Problems(report));
    }

    [Theory]
    [InlineData("""{"protected":"\ud800","payload":"","signature":""}""")]
    [InlineData("""{"protected":"","protected":"","payload":"","signature":""}""")]
    [InlineData("""{"\udc00":"","protected":"","payload":"","signature":""}""")]
    [InlineData("""{"header":{"uniqueId":"\ud800"},"protected":"","payload":"","signature":""}""")]
    public async Task An_element_that_is_hardly_JSON_stops_no_other(string bad)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var report = await ImportAsync($"[{Element("aa00", key).GetRawText()},{bad},{Element("aa01", key).GetRawText()}]");

        Assert.Equal((2, 0, 0, 1), Counts(report));
        Assert.StartsWith("1 ", Assert.Single(Problems(report)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_manifest_again_changes_nothing_also_after_the_device_has_come()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var manifest = Array(Element("aa00", key), Element("aa01", ECDsa.Create(ECCurve.NamedCurves.nistP256)));
        Assert.Equal((2, 0, 0, 0), Counts(await ImportAsync(manifest)));
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("aa00", key, new { group = "pumps" }));

        Assert.Equal((0, 0, 2, 0), Counts(await ImportAsync(manifest)));
        await Problem.IsAsync(
            await _server.Registrar().EnrollAsync("aa01", ECDsa.Create(ECCurve.NamedCurves.nistP256), new { group = "pumps" }),
            HttpStatusCode.Forbidden, "key-mismatch");
    }

    [Fact]
    public async Task What_a_withdrawn_or_expired_signer_has_signed_is_not_taken()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var expired = CertificateOf(other, until: DateTimeOffset.UtcNow.AddMinutes(-1));
        await RegisterAsync("expired", expired);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(["0 bad-manifest"], Problems(await ImportAsync(Array(Element("aa00", key, signWith: other, named: expired)))));

        using (var withdrawn = await _server.Administrator().DeleteAsync("/api/v1/manifest-signers/log-signer")) await CredentialCalls.BodyAsync(withdrawn);

        Assert.Equal(["0 bad-manifest"], Problems(await ImportAsync(Array(Element("aa00", key)))));
    }

    [Fact]
    public async Task A_file_that_breaks_off_keeps_what_came_before()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var whole = Array(Element("aa00", key), Element("aa01", ECDsa.Create(ECCurve.NamedCurves.nistP256)));

        var report = await ImportAsync(whole[..^40]);

        Assert.Equal((1, 0, 0, 1), Counts(report));
        Assert.Equal(["1 malformed"], Problems(report));
    }

    [Theory]
    [InlineData("/api/v1/manifests", "application/json", 400, "bad-query")]
    [InlineData("/api/v1/manifests?group=none", "application/json", 422, "unknown-group")]
    [InlineData("/api/v1/manifests?group=pumps&claimBatch=none", "application/json", 404, "not-found")]
    [InlineData("/api/v1/manifests?group=pumps&deviceId=fixed", "application/json", 400, "bad-device-id")]
    [InlineData("/api/v1/manifests?group=pumps", "text/plain", 415, "unsupported-media-type")]
    [InlineData("/api/v1/manifests?group=pumps", "text/csv", 415, "unsupported-media-type")]
    public async Task An_import_that_cannot_begin_is_refused(string path, string type, int status, string code)
    {
        using var response = await _server.Administrator().PostAsync(path, CredentialCalls.Content("x,y\n"u8.ToArray(), type));

        await Problem.IsAsync(response, (HttpStatusCode)status, code);
    }

    private JsonElement Element(
        string uniqueId, ECDsa key, ECDsa? signWith = null, X509Certificate2? named = null, string alg = "ES256", bool crit = false,
        string? said = null, string kid = "0")
    {
        var point = key.ExportParameters(false).Q;
        var header = new Dictionary<string, object>
        {
            ["typ"] = "JWT",
            ["alg"] = alg,
            ["x5t#S256"] = Encode(SHA256.HashData((named ?? _certificate!).RawData)),
        };
        if (crit) header["crit"] = new List<string> { "exp" };
        var element = new
        {
            version = 1,
            model = "ATECC608A",
            partNumber = "ATECC608A-MAH22",
            manufacturer = new { organizationName = "Microchip Technology Inc" },
            uniqueId,
            publicKeySet = new { keys = new List<object> { new { kid, kty = "EC", crv = "P-256", x = Encode(point.X), y = Encode(point.Y) } } },
        };
        var (left, right) = (Encode(JsonSerializer.SerializeToUtf8Bytes(header)), Encode(JsonSerializer.SerializeToUtf8Bytes(element)));
        var signature = (signWith ?? _signer).SignData(System.Text.Encoding.ASCII.GetBytes($"{left}.{right}"), HashAlgorithmName.SHA256);
        return JsonSerializer.SerializeToElement(new
        {
            payload = right,
            @protected = left,
            header = new { uniqueId = said ?? uniqueId },
            signature = Encode(signature),
        });
    }

    private X509Certificate2 CertificateOf(ECDsa key, DateTimeOffset? until = null)
    {
        var certificate = new CertificateRequest("CN=Log signer", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), until ?? DateTimeOffset.UtcNow.AddYears(20));
        _certificate ??= certificate;
        return certificate;
    }

    private async Task RegisterAsync(string name, X509Certificate2 certificate)
    {
        using var response = await _server.Administrator().PostAsJsonAsync(
            "/api/v1/manifest-signers", new { name, certificate = certificate.ExportCertificatePem() + "\n" });
        await CredentialCalls.BodyAsync(response, HttpStatusCode.Created);
    }

    private async Task<JsonElement> ImportAsync(string content, string more = "")
    {
        using var response = await _server.Administrator().PostAsync(
            "/api/v1/manifests?group=pumps" + more, CredentialCalls.Content(System.Text.Encoding.UTF8.GetBytes(content), "application/json"));
        return await CredentialCalls.BodyAsync(response);
    }

    private static string Array(params JsonElement[] elements) => JsonSerializer.Serialize(elements);

    private static string Encode(ReadOnlySpan<byte> octets) => Base64Url.EncodeToString(octets);

    private static (long Registered, long Updated, long Unchanged, long Refused) Counts(JsonElement report) => (
        report.GetProperty("registered").GetInt64(), report.GetProperty("updated").GetInt64(),
        report.GetProperty("unchanged").GetInt64(), report.GetProperty("refused").GetInt64());

    private static IEnumerable<string> Problems(JsonElement report) => report.GetProperty("problems").EnumerateArray()
        .Select(problem => $"{problem.GetProperty("place").GetInt64()} {problem.GetProperty("code").GetString()}");
}
