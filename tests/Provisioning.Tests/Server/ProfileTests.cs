using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Server;

/// <summary>Profiles over the real server: how they are changed, and what the next certificate has of it.</summary>
public sealed class ProfileTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private HttpClient _administrator = null!;
    private HttpClient _registrar = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        (_administrator, _registrar) = (_server.Administrator(), _server.Registrar());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_files_are_there_after_the_start_and_are_read_one_by_one_and_page_by_page()
    {
        var names = new List<string>();
        for (string? cursor = null; ;)
        {
            using var answer = await _administrator.GetAsync("/api/v1/profiles?limit=5" + (cursor is null ? "" : "&cursor=" + cursor), Ct);
            var page = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
            if (cursor is null) break;
        }

        Assert.Equal(TestProfiles.Names.Order(StringComparer.Ordinal), names);
        using var one = await _administrator.GetAsync("/api/v1/profiles/idevid", Ct);
        Assert.Equal("\"1\"", one.Headers.ETag!.Tag);
        var document = await one.Content.ReadFromJsonAsync<JsonElement>(Ct);
        Assert.Equal(("file", "service"), (document.GetProperty("origin").GetString(), document.GetProperty("actor").GetString()));
        Assert.Equal(ProfileReader.Write(TestProfiles.Definition("idevid")), document.GetProperty("definition").GetRawText());
        using var none = await _administrator.GetAsync("/api/v1/profiles/nothing", Ct);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task What_is_saved_counts_for_the_next_certificate()
    {
        var before = await EnrollAsync("pump-1");
        await SavedAsync(TestProfiles.Definition() with { Lifetime = "P10D", ExtendedKeyUsage = ["clientAuth", "1.3.6.1.4.1.32473.9"] }, "\"1\"");
        var after = await EnrollAsync("pump-2");
        Assert.InRange((before.NotAfter - before.NotBefore).TotalDays, 364, 366);
        Assert.InRange((after.NotAfter - after.NotBefore).TotalDays, 9, 11);
        var purposes = after.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages;
        Assert.Equal(["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.32473.9"], purposes.Cast<Oid>().Select(oid => oid.Value));
    }

    [Fact]
    public async Task What_is_saved_counts_after_a_restart_too()
    {
        var directory = Directory.CreateTempSubdirectory("provisioning-profiles-").FullName;
        try
        {
            await using (var first = await TestServer.StartAsync(directory: directory))
            {
                using var put = await PutAsync(
                    "claim", ProfileReader.Write(TestProfiles.Definition("claim") with { Lifetime = "P33D" }), "*", first.Administrator());
                Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            }

            await using var second = await TestServer.StartAsync(directory: directory);
            Assert.Equal(TimeSpan.FromDays(33), second.Instance.Profiles["claim"].Lifetime);
            Assert.Empty(second.Instance.ProfileNotes);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData(null, 403, "identity-mismatch")]
    [InlineData("ignore", 201, null)]
    public async Task A_request_for_other_names_is_refused_unless_the_profile_ignores_them(string? requestedNames, int status, string? code)
    {
        await SavedAsync(TestProfiles.Definition() with { RequestedNames = requestedNames }, "*");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody-else", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("other.example");
        request.CertificateExtensions.Add(names.Build());
        using var answer = await EnrollAsync("pump-1", [], request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (code is not null)
        {
            await Problem.OfAsync(answer, status, code);
            return;
        }

        using var certificate = await CertificateAsync(answer);
        Assert.Equal("CN=pump-1", certificate.Subject);
        Assert.Empty(certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
    }

    [Theory]
    [InlineData(null, 422, "extension-not-allowed")]
    [InlineData("ignore", 201, null)]
    public async Task A_request_for_more_key_usages_is_refused_unless_the_profile_ignores_them(string? requestedKeyUsage, int status, string? code)
    {
        await SavedAsync(TestProfiles.Definition() with { RequestedKeyUsage = requestedKeyUsage }, "*");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pump-1", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true));
        using var answer = await EnrollAsync("pump-1", [], request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (code is not null) await Problem.OfAsync(answer, status, code);
        if (code is not null) return;
        using var certificate = await CertificateAsync(answer);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, certificate.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
    }

    [Fact]
    public async Task Who_asks_to_become_an_authority_is_refused_whatever_the_profile_ignores()
    {
        await SavedAsync(TestProfiles.Definition() with { RequestedKeyUsage = "ignore", RequestedNames = "ignore" }, "*");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pump-1", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var answer = await EnrollAsync("pump-1", [], request);
        await Problem.OfAsync(answer, 403, "ca-requested");
    }

    [Fact]
    public async Task Two_administrators_do_not_overwrite_each_other()
    {
        var definition = TestProfiles.Definition("mqtt-client");
        await SavedAsync(definition with { Lifetime = "P10D" }, "\"1\"");
        await RefusedAsync(definition with { Lifetime = "P20D" }, "\"1\"", 412, "precondition-failed");
        await RefusedAsync(definition, "\"x\"", 412, "precondition-failed");
        await RefusedAsync(definition, "W/\"2\"", 412, "precondition-failed");
        await RefusedAsync(definition, null, 428, "precondition-required");
        Assert.Equal(3, (await SavedAsync(definition, "*")).GetProperty("version").GetInt64());
        using var versions = await _administrator.GetAsync("/api/v1/profiles/mqtt-client/versions", Ct);
        var items = (await versions.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([3L, 2L, 1L], items.Select(item => item.GetProperty("version").GetInt64()));
        Assert.Equal("P10D", items[1].GetProperty("definition").GetProperty("lifetime").GetString());

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => PutAsync(definition, "\"3\"")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(31, answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task A_profile_that_breaks_a_rule_is_refused_with_the_field_and_the_rule()
    {
        var problem = await RefusedAsync(
            TestProfiles.Definition("mqtt-client") with { KeyUsage = ["digitalSignature", "keyEncipherment"] }, "*", 422, "bad-profile");
        Assert.Equal("/keyUsage", problem.GetProperty("pointer").GetString());
        Assert.Contains("no-encipherment-with-ec (RFC 8813 §3", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var other = await RefusedAsync(TestProfiles.Definition("mqtt-client"), "*", 422, "bad-profile", path: "gateway-tls");
        Assert.Equal("/name", other.GetProperty("pointer").GetString());
        using var unknown = await PutAsync("mqtt-client", """{"name":"mqtt-client","lifetimes":"P1D"}""", "*");
        Assert.Equal("/lifetimes", (await Problem.OfAsync(unknown, 400, "malformed")).GetProperty("pointer").GetString());
        Assert.Equal(TimeSpan.FromDays(365), _server.Instance.Profiles["mqtt-client"].Lifetime);
    }

    [Fact]
    public async Task A_profile_is_created_once_deleted_and_created_again()
    {
        var definition = TestProfiles.Definition("mqtt-client") with { Name = "line-7" };
        await RefusedAsync(definition, "\"1\"", 412, "precondition-failed");
        Assert.Equal(1, (await SavedAsync(definition, null, ifNoneMatch: true)).GetProperty("version").GetInt64());
        await RefusedAsync(definition, null, 412, "precondition-failed", ifNoneMatch: true);
        using (var deleted = await _administrator.DeleteAsync("/api/v1/profiles/line-7", Ct))
            Assert.True((await deleted.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("isDeleted").GetBoolean());
        using (var again = await _administrator.DeleteAsync("/api/v1/profiles/line-7", Ct)) Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        Assert.Equal(3, (await SavedAsync(definition, null, ifNoneMatch: true)).GetProperty("version").GetInt64());
    }

    [Theory]
    [InlineData("root")]
    [InlineData("issuing")]
    [InlineData("service")]
    [InlineData("registrar")]
    [InlineData("administrator")]
    [InlineData("device")]
    public async Task What_the_service_needs_cannot_be_deleted(string name)
    {
        using var answer = await _administrator.DeleteAsync("/api/v1/profiles/" + name, Ct);
        await Problem.OfAsync(answer, 409, "profile-in-use");
        await RefusedAsync(
            TestProfiles.Definition(name) with { Holder = name == "device" ? "claim" : "device" }, "*", 422, "bad-profile");
    }

    [Fact]
    public async Task Only_administrators_see_and_change_profiles()
    {
        using var device = (await _server.NewDevice("pump-1").EnrollAsync(_registrar)).Client();
        foreach (var stranger in new[] { _registrar, device })
        {
            using var read = await stranger.GetAsync("/api/v1/profiles", Ct);
            Assert.Equal(HttpStatusCode.Forbidden, read.StatusCode);
            using var save = await PutAsync("device", ProfileReader.Write(TestProfiles.Definition()), "*", stranger);
            Assert.Equal(HttpStatusCode.Forbidden, save.StatusCode);
            using var delete = await stranger.DeleteAsync("/api/v1/profiles/claim", Ct);
            Assert.Equal(HttpStatusCode.Forbidden, delete.StatusCode);
        }
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_with_who_did_it()
    {
        await SavedAsync(TestProfiles.Definition("claim") with { Lifetime = "P30D" }, "\"1\"");
        var entries = await _server.Instance.Database.Audit.ReadAuditAsync(1, Ct).Where(entry => entry.Action == AuditActions.ProfileSaved).ToListAsync(Ct);
        Assert.Equal(TestProfiles.Names.Count(), entries.Count(entry => entry.Actor == "service"));
        Assert.StartsWith("claim 2 ", Assert.Single(entries, entry => entry.Actor == "administrator:admin").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_cannot_be_made_is_refused_before_anything_is_reserved()
    {
        await SavedAsync(TestProfiles.Definition("gateway-tls") with { Name = "device" }, "*");
        using var missing = await EnrollAsync("gw-1", new Dictionary<string, string>());
        var problem = await Problem.OfAsync(missing, 422, "name-not-possible");
        Assert.Contains("'hostname' is missing", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var unfit = await EnrollAsync("gw-1", new Dictionary<string, string> { ["hostname"] = "under_score" });
        await Problem.OfAsync(unfit, 422, "name-not-possible");
        Assert.Empty((await _server.Instance.Database.Certificates.ListAsync(new CertificateQuery { Holder = "gw-1" }, Ct)).Items);
        using var good = await EnrollAsync("gw-1", new Dictionary<string, string> { ["hostname"] = "GW-1.plant.example" });
        using var certificate = await CertificateAsync(good);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["gw-1.plant.example"], names.EnumerateDnsNames());
    }

    [Fact]
    public async Task IEEE_802_1AR_An_IDevID_has_no_end_and_is_not_to_be_renewed()
    {
        await SavedAsync(TestProfiles.Definition("idevid") with { Name = "device" }, "*");
        using var answer = await EnrollAsync("unit-1", new Dictionary<string, string> { ["manufacturer"] = "Example" });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("9999-12-31T23:59:59Z", body.GetProperty("notAfter").GetString());
        Assert.Equal(JsonValueKind.Null, body.GetProperty("renewAfter").ValueKind);
        Assert.Equal(JsonValueKind.Null, body.GetProperty("renewBefore").ValueKind);
        Assert.False(answer.Headers.Contains("Provisioning-Renew-After"));
        using var certificate = X509Certificate2.CreateFromPem(body.GetProperty("certificate").GetString());
        Assert.Equal("SERIALNUMBER=unit-1, O=Example", certificate.Subject.Replace("OID.2.5.4.5", "SERIALNUMBER", StringComparison.Ordinal));
    }

    private async Task<X509Certificate2> EnrollAsync(string id)
    {
        var device = await _server.NewDevice(id).EnrollAsync(_registrar);
        return device.Certificate!;
    }

    private Task<HttpResponseMessage> EnrollAsync(string id, Dictionary<string, string> attributes, CertificateRequest? request = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = Convert.ToBase64String((request ?? new CertificateRequest("CN=" + id, key, HashAlgorithmName.SHA256)).CreateSigningRequest());
        return _registrar.PostAsJsonAsync("/api/v1/enrollments", new { deviceId = id, csr, attributes }, Ct);
    }

    private static async Task<X509Certificate2> CertificateAsync(HttpResponseMessage answer) => X509Certificate2.CreateFromPem(
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("certificate").GetString());

    private async Task<JsonElement> SavedAsync(ProfileDefinition definition, string? ifMatch, bool ifNoneMatch = false)
    {
        using var answer = await PutAsync(definition, ifMatch, ifNoneMatch: ifNoneMatch);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, text);
        var document = JsonDocument.Parse(text).RootElement;
        Assert.Equal($"\"{document.GetProperty("version").GetInt64()}\"", answer.Headers.ETag!.Tag);
        return document;
    }

    private async Task<JsonElement> RefusedAsync(
        ProfileDefinition definition, string? ifMatch, int status, string code, string? path = null, bool ifNoneMatch = false)
    {
        using var answer = await PutAsync(definition, ifMatch, path, ifNoneMatch);
        return await Problem.OfAsync(answer, status, code);
    }

    private Task<HttpResponseMessage> PutAsync(ProfileDefinition definition, string? ifMatch, string? path = null, bool ifNoneMatch = false) =>
        PutAsync(path ?? definition.Name, ProfileReader.Write(definition), ifMatch, ifNoneMatch: ifNoneMatch);

    private async Task<HttpResponseMessage> PutAsync(
        string path, string json, string? ifMatch, HttpClient? client = null, bool ifNoneMatch = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/profiles/" + path)
        {
            Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
        };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (ifNoneMatch) request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        return await (client ?? _administrator).SendAsync(request, Ct);
    }
}
