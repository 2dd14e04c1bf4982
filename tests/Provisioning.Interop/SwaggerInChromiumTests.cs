using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Provisioning.Interop.Browser;

namespace Provisioning.Interop;

/// <summary>Swagger UI in a real browser, which does TLS, client certificates and content policies as people's browsers do.</summary>
public sealed class SwaggerInChromiumTests
{
    private const string Device = "press-0815";
    private const string Revocation = "Certificates-revokeCertificate";
    private const string KeyCompromise = """{ "reason": "keyCompromise" }""";

    [Fact]
    public async Task An_administrator_finds_a_device_revokes_its_certificate_and_sees_it_revoked()
    {
        await using var server = await ServerProcess.StartAsync();
        await EnrollAsync(server, Device);
        await EnrollAsync(server, "pump-0001");
        await using var browser = await Chromium.StartAsync(server, "admin");
        var page = await SwaggerPage.OpenAsync(browser, server);

        var devices = await page.TryOutAsync("Devices-listDevices", With("prefix", "press-"));
        Assert.Equal([Device], devices.Json.GetProperty("items").EnumerateArray().Select(device => TextOf(device, "deviceId")));

        var certificates = await page.TryOutAsync("Devices-listDeviceCertificates", With("deviceId", Device));
        var current = Assert.Single(certificates.Json.GetProperty("items").EnumerateArray());
        Assert.Equal("current", TextOf(current, "state"));
        var serialNumber = TextOf(current, "serialNumber")!;

        var revoked = await page.TryOutAsync(
            Revocation, With("serialNumber", serialNumber), KeyCompromise);
        Assert.True(revoked.Status == 200, revoked.Body);

        var list = await page.TryOutAsync(
            "Certificates-listCertificates", new Dictionary<string, string> { ["holder"] = Device, ["state"] = "revoked" });
        var seen = Assert.Single(list.Json.GetProperty("items").EnumerateArray());
        Assert.Equal(
            (serialNumber, "revoked", "keyCompromise"),
            (TextOf(seen, "serialNumber"), TextOf(seen, "state"), TextOf(seen, "revocationReason")));
        await page.KeepScreenshotAsync("swagger-revoked", "Certificates-listCertificates");

        using var administrator = Api.Client(server, "admin");
        Assert.Equal("revoked", TextOf(await ReadAsync(administrator, serialNumber), "state"));
        Assert.Empty(browser.Complaints);
        AssertStayedAt(server, browser);
    }

    [Fact]
    public async Task Without_a_certificate_the_page_opens_and_the_revocation_is_refused()
    {
        await using var server = await ServerProcess.StartAsync();
        var serialNumber = await EnrollAsync(server, Device);
        await using var browser = await Chromium.StartAsync(server, credential: null);
        var page = await SwaggerPage.OpenAsync(browser, server);

        var refused = await page.TryOutAsync(
            Revocation, With("serialNumber", serialNumber), KeyCompromise);

        await page.KeepScreenshotAsync("swagger-refused", Revocation);
        Assert.Equal((401, "no-credential"), (refused.Status, TextOf(refused.Json, "code")));
        using var administrator = Api.Client(server, "admin");
        Assert.Equal("current", TextOf(await ReadAsync(administrator, serialNumber), "state"));
        AssertStayedAt(server, browser);
    }

    [Fact]
    public async Task What_the_page_proposes_works_as_it_stands()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var browser = await Chromium.StartAsync(server, "admin");
        var page = await SwaggerPage.OpenAsync(browser, server);

        var enrolled = await page.TryOutAsync("Enrollment-enrollDevice");
        await page.KeepScreenshotAsync("swagger-enrolled", "Enrollment-enrollDevice");
        Assert.True(enrolled.Status == 201, enrolled.Body);
        foreach (var operation in new[]
        {
            "Enrollment-readSelf", "Devices-listDevices", "Devices-readDevice", "Devices-listDeviceCertificates",
            "Devices-readDeviceHistory", "Certificates-listCertificates", "Authorities-listAuthorities",
            "Authorities-readAuthority", "Health-getReady",
        })
        {
            var answer = await page.TryOutAsync(operation);
            Assert.True(answer.Status == 200, $"{operation}: {answer.Status} {answer.Body}");
        }

        Assert.Empty(browser.Complaints);
        AssertStayedAt(server, browser);
    }

    private static async Task<string> EnrollAsync(ServerProcess server, string device)
    {
        using var registrar = Api.Client(server, "factory-line");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var response = await Api.EnrollAsync(registrar, device, Api.Request(key, device));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("Provisioning-Serial-Number").Single();
    }

    private static Task<JsonElement> ReadAsync(HttpClient administrator, string serialNumber) =>
        administrator.GetFromJsonAsync<JsonElement>("/api/v1/certificates/" + serialNumber);

    private static string? TextOf(JsonElement item, string name) => item.GetProperty(name).GetString();

    private static Dictionary<string, string> With(string name, string value) => new() { [name] = value };

    // Pictures that are part of a style sheet are no requests.
    private static void AssertStayedAt(ServerProcess server, Chromium browser)
    {
        Assert.NotEmpty(browser.Requests);
        Assert.All(
            browser.Requests.Where(address => address.Scheme != "data"),
            address => Assert.Equal(server.Https, address.GetLeftPart(UriPartial.Authority)));
    }
}
