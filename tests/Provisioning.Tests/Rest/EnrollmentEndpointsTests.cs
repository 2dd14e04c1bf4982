using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Rest;

public sealed class EnrollmentEndpointsTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private readonly RestHost _host = shared.Host;
    private readonly string _id = RestHost.NewId();
    private readonly int _reserved = shared.Host.Registry.Reserved;

    [Fact]
    public async Task An_enrollment_answers_with_the_certificate_its_chain_and_when_to_come_back()
    {
        var csr = RestHost.NewCsr(_id);
        var answer = await _host.PostAsync(
            "/api/v1/enrollments", RestHost.Json(new { deviceId = _id, csr }), RestHost.Line);

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal("application/json", answer.Header("Content-Type"));
        var json = answer.Json;
        using var certificate = X509Certificate2.CreateFromPem(json.GetProperty("certificate").GetString());
        Assert.Equal("CN=" + _id, certificate.Subject);
        var serial = json.GetProperty("serialNumber").GetString();
        Assert.Equal(certificate.SerialNumber, serial);
        Assert.Equal("/api/v1/certificates/" + serial, answer.Header("Location"));
        Assert.Equal(2, json.GetProperty("chain").GetArrayLength());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", json.GetProperty("notAfter").GetString());
        Assert.Equal(
            "deviceId serialNumber certificate chain notBefore notAfter renewAfter renewBefore serverTime".Split(' '),
            json.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task Firmware_needs_no_json_parser()
    {
        var content = RestHost.Bytes(RestHost.NewCsrDer(_id), "application/pkcs10");
        var answer = await _host.PostAsync(
            "/api/v1/enrollments?deviceId=" + _id, content, RestHost.Line, "application/pkix-cert");

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal("application/pkix-cert", answer.Header("Content-Type"));
        using var certificate = X509CertificateLoader.LoadCertificate(answer.Body);
        Assert.Equal(certificate.SerialNumber, answer.Header("Provisioning-Serial-Number"));
        var now = long.Parse(answer.Header("Provisioning-Server-Time")!, null);
        Assert.InRange(
            now, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 5, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 5);
        var after = long.Parse(answer.Header("Provisioning-Renew-After")!, null);
        var before = long.Parse(answer.Header("Provisioning-Renew-Before")!, null);
        Assert.True(now < after && after < before);
    }

    [Fact]
    public async Task The_chain_answer_goes_from_the_leaf_to_the_root()
    {
        var content = RestHost.Json(new { deviceId = _id, csr = RestHost.NewCsr(_id) });
        var answer = await _host.PostAsync(
            "/api/v1/enrollments", content, RestHost.Line, "application/pem-certificate-chain");

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(answer.Text);
        Assert.Equal(
            ["CN=" + _id, "CN=Test Issuing", "CN=Test Root"], chain.Select(certificate => certificate.Subject));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/pkix-cert")]
    [InlineData("application/pem-certificate-chain")]
    [InlineData("image/png")]
    public async Task Every_answer_has_its_content_length_and_a_head_below_1024_octets(string accept)
    {
        var csr = Convert.ToBase64String(RestHost.NewCsrDer(_id));
        var raw = await RawHttp.PostJsonAsync(
            _host.Address,
            "/api/v1/enrollments",
            $$"""{"deviceId":"{{_id}}","csr":"{{csr}}"}""",
            RestHost.Line,
            accept);

        var head = raw[..raw.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        Assert.True(head.Length < 1024, head);
        Assert.Contains("Content-Length: ", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Transfer-Encoding", head, StringComparison.OrdinalIgnoreCase);
        Assert.True(head.Split("\r\n").Length <= 16, head);
    }

    [Theory]
    [InlineData("pem")]
    [InlineData("base64")]
    public async Task A_request_in_json_is_pem_or_base64(string form)
    {
        var csr = form == "pem" ? RestHost.NewCsr(_id) : Convert.ToBase64String(RestHost.NewCsrDer(_id));
        var answer = await _host.PostAsync(
            "/api/v1/enrollments", RestHost.Json(new { deviceId = _id, csr }), RestHost.Line);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
    }

    [Fact]
    public async Task The_same_request_again_gets_the_same_answer()
    {
        var csr = RestHost.NewCsr(_id);
        var first = await _host.PostAsync(
            "/api/v1/enrollments", RestHost.Json(new { deviceId = _id, csr }), RestHost.Line);
        var second = await _host.PostAsync(
            "/api/v1/enrollments", RestHost.Json(new { deviceId = _id, csr }), RestHost.Line);
        Assert.Equal(HttpStatusCode.Created, second.Status);
        Assert.Equal(first.Header("Location"), second.Header("Location"));
        Assert.Equal(_reserved + 1, _host.Registry.Reserved);
    }

    [Fact]
    public async Task Attributes_are_kept_with_the_device()
    {
        var attributes = new { line = "4", note = "é" };
        var body = new { deviceId = _id, csr = RestHost.NewCsr(_id), attributes };
        await _host.PostAsync("/api/v1/enrollments", RestHost.Json(body), RestHost.Line);
        var device = await _host.GetAsync("/api/v1/devices/" + _id);
        Assert.Equal("4", device.Json.GetProperty("attributes").GetProperty("line").GetString());
        Assert.Equal("é", device.Json.GetProperty("attributes").GetProperty("note").GetString());
    }

    [Fact]
    public async Task A_device_id_belongs_into_the_body_or_the_query_not_both_and_not_neither()
    {
        var json = RestHost.Json(new { deviceId = _id, csr = RestHost.NewCsr(_id) });
        (await _host.PostAsync("/api/v1/enrollments?deviceId=" + _id, json, RestHost.Line))
            .MustBeProblem(400, "bad-query");
        var der = RestHost.NewCsrDer(_id);
        (await _host.PostAsync("/api/v1/enrollments", RestHost.Bytes(der, "application/pkcs10"), RestHost.Line))
            .MustBeProblem(400, "bad-query");
        var twice = RestHost.Bytes(der, "application/pkcs10");
        (await _host.PostAsync($"/api/v1/enrollments?deviceId={_id}&deviceId=x", twice, RestHost.Line))
            .MustBeProblem(400, "bad-query");
    }

    [Theory]
    [InlineData("../etc/passwd")]
    [InlineData("'; DROP TABLE devices; --")]
    [InlineData("*)(uid=*")]
    [InlineData("=cmd|' /C calc'!A0")]
    [InlineData("pump\u0000-1")]
    [InlineData("😀")]
    [InlineData("")]
    public async Task R_04_A_device_id_of_another_form_is_refused(string deviceId)
    {
        var answer = await _host.PostAsync(
            "/api/v1/enrollments", RestHost.Json(new { deviceId, csr = RestHost.NewCsr(_id) }), RestHost.Line);
        answer.MustBeProblem(400, "bad-device-id");
    }

    [Fact]
    public async Task A_renewal_is_for_the_device_that_calls()
    {
        var serial = await _host.EnrollAsync(_id);
        var body = RestHost.Json(new { csr = RestHost.NewCsr(_id) });
        var answer = await _host.PostAsync("/api/v1/renewals", body, $"device:{_id}:{serial}");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.NotEqual(serial, answer.Header("Provisioning-Serial-Number"));

        var pkcs10 = RestHost.Bytes(RestHost.NewCsrDer(_id), "application/pkcs10");
        var der = await _host.PostAsync(
            "/api/v1/renewals", pkcs10, $"device:{_id}:{serial}", "application/pkix-cert");
        Assert.Equal("application/pkix-cert", der.Header("Content-Type"));

        var foreign = RestHost.Json(new { csr = RestHost.NewCsr("pump-11") });
        (await _host.PostAsync("/api/v1/renewals", foreign, $"device:{_id}:{serial}"))
            .MustBeProblem(403, "identity-mismatch");
        var again = RestHost.Json(new { csr = RestHost.NewCsr(_id) });
        (await _host.PostAsync("/api/v1/renewals", again, RestHost.Line)).MustBeProblem(403, "not-allowed");
    }

    [Fact]
    public async Task Self_tells_a_device_everything_it_needs()
    {
        var serial = await _host.EnrollAsync(_id);
        var json = (await _host.GetAsync("/api/v1/self", $"device:{_id}:{serial}")).Json;
        Assert.Equal("device", json.GetProperty("role").GetString());
        Assert.Equal("active", json.GetProperty("state").GetString());
        Assert.Equal(serial, json.GetProperty("certificate").GetProperty("serialNumber").GetString());
        Assert.Equal("current", json.GetProperty("certificate").GetProperty("state").GetString());
        Assert.StartsWith(
            "-----BEGIN CERTIFICATE", json.GetProperty("trustAnchors")[0].GetString(), StringComparison.Ordinal);

        var der = await _host.GetAsync("/api/v1/self", $"device:{_id}:{serial}", "application/pkix-cert");
        Assert.Equal(serial, X509CertificateLoader.LoadCertificate(der.Body).SerialNumber);
        Assert.NotNull(der.Header("Provisioning-Renew-After"));
    }

    [Theory]
    [InlineData("administrator:alice", "alice")]
    [InlineData("registrar:line-1", "line-1")]
    public async Task Self_tells_others_their_name(string caller, string name)
    {
        var json = (await _host.GetAsync("/api/v1/self", caller)).Json;
        Assert.Equal(name, json.GetProperty("name").GetString());
        Assert.Equal(caller.Split(':')[0], json.GetProperty("role").GetString());
        (await _host.GetAsync("/api/v1/self", caller, "application/pkix-cert")).MustBeProblem(406, "not-acceptable");
    }
}
