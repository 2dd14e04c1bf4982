using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Rest;

/// <summary>Devices, certificates and authorities, as administrators read them.</summary>
public sealed class RegistryEndpointsTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private readonly RestHost _host = shared.Host;
    private readonly string _id = RestHost.NewId();

    [Fact]
    public async Task Devices_are_listed_page_by_page_in_the_order_of_their_ids()
    {
        foreach (var id in new[] { "list-c", "list-a", "list-b", "list-x" }) await _host.EnrollAsync(id);
        var seen = new List<string>();
        for (string? cursor = null; ;)
        {
            var page = (
                await _host.GetAsync(
                    "/api/v1/devices?prefix=list-&limit=3" + (cursor is null ? "" : "&cursor=" + cursor))).Json;
            seen.AddRange(
                page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("deviceId").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
            if (cursor is null) break;
        }

        Assert.Equal(["list-a", "list-b", "list-c", "list-x"], seen);
        var filtered = (await _host.GetAsync("/api/v1/devices?prefix=list-x&state=active")).Json.GetProperty("items");
        Assert.Equal("list-x", Assert.Single(filtered.EnumerateArray()).GetProperty("deviceId").GetString());
    }

    [Theory]
    [InlineData("/api/v1/devices?limit=0")]
    [InlineData("/api/v1/devices?limit=501")]
    [InlineData("/api/v1/devices?limit=-1")]
    [InlineData("/api/v1/devices?limit=%2B5")]
    [InlineData("/api/v1/devices?limit=1e2")]
    [InlineData("/api/v1/devices?limit=")]
    [InlineData("/api/v1/devices?limit=99999999999999999999")]
    [InlineData("/api/v1/devices?limit=5&limit=6")]
    [InlineData("/api/v1/devices?cursor=nonsense")]
    [InlineData("/api/v1/devices?cursor=")]
    [InlineData("/api/v1/devices?state=Active")]
    [InlineData("/api/v1/devices?state=1")]
    [InlineData("/api/v1/devices?stat=active")]
    [InlineData("/api/v1/devices?State=active")]
    [InlineData("/api/v1/devices?prefix=%25")]
    [InlineData("/api/v1/devices?prefix=a%00")]
    [InlineData("/api/v1/devices/d/history?limit=0")]
    [InlineData("/api/v1/devices/d/certificates?cursor=%C3%A9")]
    [InlineData("/api/v1/devices/d?x=1")]
    [InlineData("/api/v1/certificates?state=unknown")]
    [InlineData("/api/v1/certificates?holderKind=Device")]
    [InlineData("/api/v1/certificates?expiresBefore=2027-01-01")]
    [InlineData("/api/v1/certificates?expiresBefore=2027-01-01T00:00:00%2B02:00")]
    [InlineData("/api/v1/certificates?expiresBefore=9999-12-31T23:59:59.9999999Z")]
    [InlineData("/api/v1/certificates?holder=")]
    [InlineData("/api/v1/authorities?x")]
    public async Task A_query_that_cannot_be_used_is_400(string path) =>
        (await _host.GetAsync(path)).MustBeProblem(400, "bad-query");

    [Theory]
    [InlineData("2027-01-31T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("2027-01-31T00:00:00.000Z")]
    public async Task R_11_Extreme_times_are_answered(string time) => Assert.Equal(
        HttpStatusCode.OK, (await _host.GetAsync("/api/v1/certificates?expiresBefore=" + time)).Status);

    [Fact]
    public async Task A_device_has_certificates_and_a_history()
    {
        var serial = await _host.EnrollAsync(_id);
        await _host.EnrollAsync(RestHost.NewId());
        var certificates = (await _host.GetAsync($"/api/v1/devices/{_id}/certificates")).Json.GetProperty("items");
        var certificate = Assert.Single(certificates.EnumerateArray());
        Assert.Equal(serial, certificate.GetProperty("serialNumber").GetString());
        Assert.Equal("device", certificate.GetProperty("holderKind").GetString());
        Assert.False(certificate.TryGetProperty("certificate", out _));

        var history = (await _host.GetAsync($"/api/v1/devices/{_id}/history")).Json.GetProperty("items");
        var entry = Assert.Single(history.EnumerateArray());
        Assert.Equal("certificate-issued", entry.GetProperty("action").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", entry.GetProperty("at").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/certificates")]
    [InlineData("/history")]
    public async Task R_05_A_device_that_is_not_there_is_404_and_a_bad_id_400(string below)
    {
        (await _host.GetAsync("/api/v1/devices/unknown" + below)).MustBeProblem(404, "not-found");
        (await _host.GetAsync("/api/v1/devices/%2e%2e%2fx" + below)).MustBeProblem(400, "bad-device-id");
    }

    [Fact]
    public async Task R_10_A_serial_number_may_be_spelled_as_people_paste_it()
    {
        var serial = await _host.EnrollAsync(_id);
        var colons = string.Join(':', serial.Chunk(2).Select(pair => new string(pair)));
        string[] spellings =
            [serial, colons, "00" + serial, ToLower(serial), ToLower(colons), Uri.EscapeDataString(colons)];
        foreach (var spelling in spellings)
        {
            var answer = await _host.GetAsync("/api/v1/certificates/" + spelling);
            Assert.Equal(serial, answer.Json.GetProperty("serialNumber").GetString());
        }

        static string ToLower(string text) => text.ToLowerInvariant();
    }

    [Theory]
    [InlineData("AB")]
    [InlineData("123456789")]
    [InlineData("0")]
    [InlineData("xyz")]
    [InlineData("-5")]
    [InlineData("A:BC")]
    [InlineData("AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDD")]
    public async Task R_10_A_serial_number_that_is_not_there_is_404(string serial)
    {
        (await _host.GetAsync("/api/v1/certificates/" + serial)).MustBeProblem(404, "not-found");
        (await RevokeAsync(serial, "superseded")).MustBeProblem(404, "not-found");
        (await _host.SendAsync(HttpMethod.Delete, $"/api/v1/certificates/{serial}/revocation", RestHost.Admin))
            .MustBeProblem(404, "not-found");
    }

    [Theory]
    [InlineData("application/pkix-cert")]
    [InlineData("application/pem-certificate-chain")]
    public async Task A_certificate_is_given_encoded_too(string accept)
    {
        var serial = await _host.EnrollAsync(_id);
        var answer = await _host.GetAsync("/api/v1/certificates/" + serial, accept: accept);
        Assert.Equal(serial, answer.Header("Provisioning-Serial-Number"));
        var found = new X509Certificate2Collection();
        if (accept == "application/pkix-cert") found.Add(X509CertificateLoader.LoadCertificate(answer.Body));
        else found.ImportFromPem(answer.Text);
        Assert.Equal(serial, found[0].SerialNumber);
    }

    [Fact]
    public async Task R_10_A_revocation_is_idempotent_and_its_reason_changes_only_towards_key_compromise()
    {
        var serial = await _host.EnrollAsync(_id);
        var first = await RevokeAsync(serial, "superseded");
        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal("revoked", first.Json.GetProperty("state").GetString());
        Assert.Equal("superseded", first.Json.GetProperty("revocationReason").GetString());
        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(serial, "superseded")).Status);
        (await RevokeAsync(serial, "privilegeWithdrawn")).MustBeProblem(409, "already-revoked");
        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(serial, "keyCompromise")).Status);
    }

    [Theory]
    [InlineData("banana")]
    [InlineData("7")]
    [InlineData("11")]
    [InlineData("1")]
    [InlineData("KeyCompromise")]
    [InlineData("removeFromCRL")]
    [InlineData("")]
    public async Task R_10_A_reason_that_may_not_be_asked_for_is_422(string reason)
    {
        var serial = await _host.EnrollAsync(_id);
        (await RevokeAsync(serial, reason)).MustBeProblem(422, "bad-reason", "/reason");
    }

    [Fact]
    public async Task A_hold_is_released_and_nothing_else()
    {
        var serial = await _host.EnrollAsync(_id);
        var path = $"/api/v1/certificates/{serial}/revocation";
        (await _host.SendAsync(HttpMethod.Delete, path, RestHost.Admin)).MustBeProblem(409, "not-on-hold");
        var held = await RevokeAsync(serial, "certificateHold");
        Assert.Equal("held", held.Json.GetProperty("state").GetString());
        var released = await _host.SendAsync(HttpMethod.Delete, path, RestHost.Admin);
        Assert.Equal("current", released.Json.GetProperty("state").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, released.Json.GetProperty("revocationReason").ValueKind);
    }

    [Fact]
    public async Task The_authorities_are_public()
    {
        var list = (await _host.GetAsync("/api/v1/authorities", null)).Json.GetProperty("items");
        Assert.Equal(["root", "issuing"], list.EnumerateArray().Select(item => item.GetProperty("name").GetString()));
        var issuing = (await _host.GetAsync("/api/v1/authorities/issuing", null)).Json;
        Assert.Equal("p256", issuing.GetProperty("keyAlgorithm").GetString());
        Assert.Equal("http://localhost:8080/crl/issuing.crl", issuing.GetProperty("crlAddress").GetString());
        var der = await _host.GetAsync("/api/v1/authorities/root", null, "application/pkix-cert");
        Assert.Equal(_host.Authorities.Root.Certificate.ToArray(), der.Body);
        var chain = await _host.GetAsync("/api/v1/authorities/issuing", null, "application/pem-certificate-chain");
        Assert.Equal(2, chain.Text.Split("-----BEGIN CERTIFICATE-----").Length - 1);
        (await _host.GetAsync("/api/v1/authorities/Root", null)).MustBeProblem(404, "not-found");
    }

    private Task<Answer> RevokeAsync(string serial, string reason) =>
        _host.PostAsync($"/api/v1/certificates/{serial}/revocation", RestHost.Json(new { reason }));
}
