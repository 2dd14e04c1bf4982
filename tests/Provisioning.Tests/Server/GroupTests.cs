using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Provisioning.Core.Authorities;

namespace Provisioning.Tests.Server;

/// <summary>Enrollment groups over the real server: who may enroll what, and what a change would do.</summary>
public sealed class GroupTests
{
    private const string TwoSlots = """{"slots":[{"name":"operational"},{"name":"update"}],"renewal":{"early":"allowed"}}""";

    [Fact]
    public async Task A_group_enrolls_only_devices_whose_IDs_match_its_pattern()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", """{"deviceIdPattern":"PUMP-[0-9]{3}"}""");
        await EnrolledAsync(server, "PUMP-001", "pumps");
        foreach (var id in new[] { "PUMP-1", "PUMP-0001", "xPUMP-001", "PUMP-001x" })
            await RefusedAsync(server, id, "pumps", HttpStatusCode.Forbidden, "device-id-not-allowed");
    }

    [Fact]
    public async Task A_request_that_names_no_group_is_decided_by_the_default_one()
    {
        await using var server = await TestServer.StartAsync();
        await EnrolledAsync(server, "pump-1", null);
        Assert.Equal("default", (await ReadAsync(server, "/api/v1/devices/pump-1")).GetProperty("group").GetString());
    }

    [Fact]
    public async Task A_group_that_there_is_not_is_refused_by_name()
    {
        await using var server = await TestServer.StartAsync();
        await RefusedAsync(server, "pump-1", "pimps", HttpStatusCode.UnprocessableEntity, "unknown-group");
    }

    [Fact]
    public async Task A_device_stays_in_its_group()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", "{}");
        await EnrolledAsync(server, "pump-1", "pumps");
        await RefusedAsync(server, "pump-1", "default", HttpStatusCode.Conflict, "group-mismatch");
    }

    [Fact]
    public async Task A_group_that_wants_registered_devices_refuses_others()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", """{"registration":"preregistered"}""");
        await RefusedAsync(server, "pump-1", "pumps", HttpStatusCode.Forbidden, "not-preregistered");
    }

    [Fact]
    public async Task A_group_accepts_only_the_credentials_that_it_names()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", """{"credentials":["administrator"]}""");
        await RefusedAsync(server, "pump-1", "pumps", HttpStatusCode.Forbidden, "credential-not-accepted");
        using var enrolled = await EnrollAsync(server, server.Administrator(), "pump-1", "pumps");
        Assert.Equal(HttpStatusCode.Created, enrolled.StatusCode);
    }

    [Fact]
    public async Task A_missing_attribute_is_named_and_one_on_record_counts()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", """{"requiredAttributes":["model"]}""");
        var device = server.NewDevice("pump-1");
        var registrar = server.Registrar();
        using (var refused = await EnrollAsync(server, registrar, "pump-1", "pumps", device))
        {
            var problem = await refused.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(("attribute-missing", "/attributes/model"), (problem.GetProperty("code").GetString(), problem.GetProperty("pointer").GetString()));
        }

        using var enrolled = await EnrollAsync(server, registrar, "pump-1", "pumps", device, new { model = "P-200" });
        Assert.Equal(HttpStatusCode.Created, enrolled.StatusCode);
        using var again = await EnrollAsync(server, registrar, "pump-1", "pumps", device);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task A_device_holds_one_current_certificate_in_each_slot()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", TwoSlots);
        var (operational, update) = (server.NewDevice("pump-1"), server.NewDevice("pump-1"));
        var registrar = server.Registrar();
        using (var first = await EnrollAsync(server, registrar, "pump-1", "pumps", operational)) Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        using (var second = await EnrollAsync(server, registrar, "pump-1", "pumps", update, slot: "update")) Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        var third = await EnrollAsync(server, registrar, "pump-1", "pumps", slot: "update");
        await Problem.IsAsync(third, HttpStatusCode.Conflict, "device-already-bound");
        var fourth = await EnrollAsync(server, registrar, "pump-1", "pumps", slot: "third");
        await Problem.IsAsync(fourth, HttpStatusCode.UnprocessableEntity, "unknown-slot");

        var rows = (await ReadAsync(server, "/api/v1/devices/pump-1/certificates")).GetProperty("items").EnumerateArray();
        Assert.Equal(
            ["current operational pumps 1", "current update pumps 1"],
            rows.Select(row => $"{row.GetProperty("state")} {row.GetProperty("slot")} {row.GetProperty("group")} {row.GetProperty("groupVersion")}").Order());
    }

    [Fact]
    public async Task A_renewal_stays_in_its_slot_and_follows_the_newest_version_of_the_group()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "default", TwoSlots);
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await DefineAsync(server, "default", """{"description":"later","renewal":{"early":"allowed"}}""");
        using (var renewed = await device.RenewAsync(device.Client())) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        var row = await ReadAsync(server, "/api/v1/certificates/" + device.SerialNumber);
        Assert.Equal((3, "operational"), (row.GetProperty("groupVersion").GetInt32(), row.GetProperty("slot").GetString()));
    }

    [Fact]
    public async Task A_device_is_in_the_field_once_it_has_shown_its_certificate()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        Assert.Equal(JsonValueKind.Null, (await ReadAsync(server, "/api/v1/devices/pump-1")).GetProperty("seenAt").ValueKind);
        using (var self = await device.Client().GetAsync("/api/v1/self")) Assert.Equal(HttpStatusCode.OK, self.StatusCode);

        // Not waited for by the device; what the writer does next comes after it.
        await DefineAsync(server, "other", "{}");
        Assert.Equal(JsonValueKind.String, (await ReadAsync(server, "/api/v1/devices/pump-1")).GetProperty("seenAt").ValueKind);
    }

    [Fact]
    public async Task A_change_is_refused_when_somebody_else_has_changed_the_group_meanwhile()
    {
        await using var server = await TestServer.StartAsync();
        var admin = server.Administrator();
        await DefineAsync(server, "pumps", "{}");
        await Problem.IsAsync(await admin.ReplaceAsync("/api/v1/groups/pumps", "{}", "\"7\""), HttpStatusCode.PreconditionFailed, "precondition-failed");
        await Problem.IsAsync(await admin.ReplaceAsync("/api/v1/groups/pumps", "{}", null), HttpStatusCode.PreconditionRequired, "precondition-required");
        using var changed = await admin.ReplaceAsync("/api/v1/groups/pumps", "{}", "\"1\"");
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (changed.StatusCode, changed.Headers.ETag!.Tag));
        var versions = (await ReadAsync(server, "/api/v1/groups/pumps/versions")).GetProperty("items").EnumerateArray();
        Assert.Equal([2, 1], versions.Select(version => version.GetProperty("version").GetInt32()));
    }

    [Theory]
    [InlineData("""{"deviceIdPattern":"(a"}""", "/deviceIdPattern")]
    [InlineData("""{"deviceIdPattern":"(a)\\1"}""", "/deviceIdPattern")]
    [InlineData("""{"deviceIdPattern":"a)|(b"}""", "/deviceIdPattern")]
    [InlineData("""{"deviceIdPattern":"((a{1,500}){1,500}){1,500}"}""", "/deviceIdPattern")]
    [InlineData("""{"credentials":[]}""", "/credentials")]
    [InlineData("""{"credentials":["registrar","friend"]}""", "/credentials/1")]
    [InlineData("""{"registration":"closed"}""", "/registration")]
    [InlineData("""{"slots":[]}""", "/slots")]
    [InlineData("""{"slots":[{"name":"a"},{"name":"a"}]}""", "/slots/1/name")]
    [InlineData("""{"slots":[{"name":"a","profile":"root"}]}""", "/slots/0/profile")]
    [InlineData("""{"slots":[null]}""", "/slots/0")]
    [InlineData("""{"profile":"nothing"}""", "/profile")]
    [InlineData("""{"authority":"root"}""", "/authority")]
    [InlineData("""{"requiredAttributes":["a b"]}""", "/requiredAttributes/0")]
    [InlineData("""{"bothCredentials":true}""", "/bothCredentials")]
    [InlineData("""{"mood":"good"}""", "/mood")]
    public async Task A_definition_that_cannot_be_used_is_refused_with_the_field(string body, string field)
    {
        await using var server = await TestServer.StartAsync();
        using var content = Json(body);
        using var refused = await server.Administrator().PutAsync("/api/v1/groups/pumps", content);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Contains(problem.GetProperty("code").GetString(), (string[])["bad-group", "malformed"]);
        Assert.Equal(field, problem.GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task A_preview_names_the_exact_number_of_devices_that_a_change_would_refuse()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", TwoSlots);
        var registrar = server.Registrar();
        for (var i = 0; i < 9; i++)
        {
            var slot = i == 8 ? "update" : "operational";
            using var enrolled = await EnrollAsync(
                server, registrar, i < 3 ? $"pump-{i}" : $"PUMP-{i}", "pumps", attributes: i % 2 == 0 ? new { model = "x" } : null, slot: slot);
            Assert.Equal(HttpStatusCode.Created, enrolled.StatusCode);
        }

        // Three have the wrong ID; of the others 3, 5 and 7 lack the attribute, and 8 is in a slot that would be gone.
        using var definition = Json("""{"deviceIdPattern":"PUMP-.*","requiredAttributes":["model"]}""");
        using var answer = await server.Administrator().PostAsync("/api/v1/groups/pumps/preview", definition);
        var preview = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((9, 7), (preview.GetProperty("devices").GetInt32(), preview.GetProperty("refused").GetInt32()));
        var byRule = preview.GetProperty("byRule");
        Assert.Equal(
            (3, 3, 1),
            (byRule.GetProperty("device-id").GetInt32(), byRule.GetProperty("attributes").GetInt32(), byRule.GetProperty("slot").GetInt32()));
        Assert.Equal(7, preview.GetProperty("examples").GetArrayLength());
        await EnrolledAsync(server, "pump-9", "pumps");
    }

    [Fact]
    public async Task A_preview_counts_those_whose_names_the_profile_could_not_make()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", TwoSlots);
        await EnrolledAsync(server, "pump-1", "pumps", attributes: new { applicationUri = "urn:pump-1" });
        await EnrolledAsync(server, "pump-2", "pumps");
        await EnrolledAsync(server, "pump-3", "pumps", attributes: new { applicationUri = "no URI" });

        using var definition = Json("""{"profile":"opcua-application"}""");
        using var answer = await server.Administrator().PostAsync("/api/v1/groups/pumps/preview", definition);

        var preview = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("""{"names":2}""", preview.GetProperty("byRule").GetRawText());
        await DefineAsync(server, "pumps", """{"profile":"opcua-application"}""");

        // What was told comes true.
        await EnrolledAsync(server, "pump-4", "pumps", attributes: new { applicationUri = "urn:pump-4" });
        await RefusedAsync(server, "pump-5", "pumps", HttpStatusCode.UnprocessableEntity, "name-not-possible");
    }

    [Fact]
    public async Task Groups_are_there_again_after_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory("provisioning-test-").FullName;
        await using (var first = await TestServer.StartAsync(directory: directory)) await DefineAsync(first, "pumps", """{"onClone":"quarantine"}""");
        await using (var second = await TestServer.StartAsync(directory: directory))
            Assert.Equal("quarantine", (await ReadAsync(second, "/api/v1/groups/pumps")).GetProperty("onClone").GetString());
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Names_are_made_from_what_is_on_record_of_the_device_also_when_it_renews()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "gateways", """{"profile":"gateway-tls","renewal":{"early":"allowed"}}""");
        var gateway = server.NewDevice("gw-1");
        var registrar = server.Registrar();
        await Problem.IsAsync(await EnrollAsync(server, registrar, "gw-1", "gateways", gateway), HttpStatusCode.UnprocessableEntity, "name-not-possible");
        using var enrolled = await EnrollAsync(server, registrar, "gw-1", "gateways", gateway, new { hostname = "gw-1.example.com" });
        Assert.Equal(HttpStatusCode.Created, enrolled.StatusCode);
        await gateway.TakeAsync(enrolled);

        // What a request says now does not change what is on record.
        using var other = await EnrollAsync(server, registrar, "gw-1", "gateways", gateway, new { hostname = "evil.example.com" });
        Assert.Equal(enrolled.Headers.Location, other.Headers.Location);
        using var renewed = await gateway.RenewAsync(gateway.Client());
        Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        var names = gateway.Certificate!.Extensions.OfType<System.Security.Cryptography.X509Certificates.X509SubjectAlternativeNameExtension>();
        Assert.Equal(["gw-1.example.com"], names.SelectMany(name => name.EnumerateDnsNames()));
    }

    [Fact]
    public async Task A_profile_that_a_group_uses_cannot_be_deleted()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "brokers", """{"slots":[{"name":"a"},{"name":"b","profile":"mqtt-client"}]}""");
        await Problem.IsAsync(await server.Administrator().DeleteAsync("/api/v1/profiles/mqtt-client"), HttpStatusCode.Conflict, "profile-in-use");
    }

    [Fact]
    public async Task TM_02_a_second_key_for_a_device_is_refused_and_the_device_quarantined()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", """{"onClone":"quarantine"}""");
        var registrar = server.Registrar();
        var answers = await Task.WhenAll(
            EnrollAsync(server, registrar, "pump-1", "pumps"), EnrollAsync(server, registrar, "pump-1", "pumps"));

        // The alarm may come while the certificate is being signed: then nobody gets one.
        var one = Assert.Single(answers, answer => answer.StatusCode != HttpStatusCode.Conflict);
        if (one.StatusCode != HttpStatusCode.Created) await Problem.IsAsync(one, HttpStatusCode.Forbidden, "device-quarantined");

        Assert.Equal("quarantined", (await ReadAsync(server, "/api/v1/devices/pump-1")).GetProperty("state").GetString());
        var actions = (await ReadAsync(server, "/api/v1/devices/pump-1/history")).GetProperty("items").EnumerateArray()
            .Select(entry => entry.GetProperty("action").GetString()).ToList();
        Assert.Contains("clone-suspected", actions);
        Assert.Contains("device-quarantined", actions);
        await RefusedAsync(server, "pump-1", "pumps", HttpStatusCode.Forbidden, "device-quarantined");
    }

    [Fact]
    public async Task TM_12_a_registrar_does_not_reach_beyond_its_scope()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, "pumps", "{}");
        await LimitAsync(server, """{"groups":["pumps"],"deviceIdPatterns":["PUMP-.*"]}""");
        await EnrolledAsync(server, "PUMP-1", "pumps");
        await RefusedAsync(server, "PUMP-2", "default", HttpStatusCode.Forbidden, "outside-scope");
        await RefusedAsync(server, "valve-1", "pumps", HttpStatusCode.Forbidden, "outside-scope");
        await LimitAsync(server, """{"lots":["L1","L2"]}""");
        await RefusedAsync(server, "PUMP-3", "pumps", HttpStatusCode.Forbidden, "outside-scope");
    }

    [Fact]
    public async Task TM_12_a_registrar_is_given_as_many_certificates_a_day_as_it_may_and_no_more()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        await LimitAsync(server, """{"dailyLimit":5}""");
        var registrar = server.Registrar();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => EnrollAsync(server, registrar, $"pump-{i}", null)));
        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.All(
            answers.Where(answer => answer.StatusCode != HttpStatusCode.Created),
            answer => Assert.True(answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter!.Delta > TimeSpan.Zero));
        time.Advance(answers.First(answer => answer.Headers.RetryAfter is not null).Headers.RetryAfter!.Delta!.Value);
        await EnrolledAsync(server, "pump-99", null);
    }

    [Theory]
    [InlineData("""{"networks":["10.0.0.0/8","192.168.1.0/24"]}""", "outside-network")]
    [InlineData("""{"hours":"03:00-03:01"}""", "outside-hours")]
    public async Task TM_03_a_stolen_key_of_a_line_opens_nothing_from_elsewhere_or_at_night(string scope, string code)
    {
        await using var server = await TestServer.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow.Date.AddHours(36)));
        var registrar = server.Registrar();
        using (var before = await registrar.GetAsync("/api/v1/self")) Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        await LimitAsync(server, scope);

        // The same connection, which was open before.
        await Problem.IsAsync(await registrar.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, code);
        await Problem.IsAsync(await EnrollAsync(server, registrar, "pump-1", null), HttpStatusCode.Forbidden, code);
        using (var unlimited = await server.Administrator().DeleteAsync("/api/v1/principals/factory-line/scope"))
            Assert.Equal(HttpStatusCode.OK, unlimited.StatusCode);
        await EnrolledAsync(server, "pump-1", null);
    }

    [Fact]
    public async Task TM_03_a_line_whose_certificate_is_revoked_under_load_enrolls_nothing_more()
    {
        await using var server = await TestServer.StartAsync();
        var registrar = server.Registrar();
        await EnrolledAsync(server, "pump-0", null);
        var serial = server.Credential(CredentialFiles.FactoryLine).SerialNumber;
        var revoked = new TaskCompletionSource();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            for (var i = 0; ; i++)
            {
                var late = revoked.Task.IsCompleted;
                using var answer = await EnrollAsync(server, registrar, $"pump-{worker}-{i}", null);
                Assert.False(late && answer.IsSuccessStatusCode);
                if (late) return;
            }
        }));
        using (var answer = await server.Administrator().PostAsJsonAsync($"/api/v1/certificates/{serial}/revocation", new { reason = "keyCompromise" }))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        revoked.SetResult();
        await load;
    }

    private static async Task DefineAsync(TestServer server, string group, string body)
    {
        using var answer = await server.Administrator().ReplaceAsync("/api/v1/groups/" + group, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task LimitAsync(TestServer server, string scope)
    {
        using var answer = await server.Administrator().ReplaceAsync("/api/v1/principals/factory-line/scope", scope);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static StringContent Json(string body) => new(body, null, "application/json");

    private static async Task<JsonElement> ReadAsync(TestServer server, string path) =>
        await server.Administrator().GetFromJsonAsync<JsonElement>(path);

    private static async Task EnrolledAsync(TestServer server, string id, string? group, object? attributes = null)
    {
        using var answer = await EnrollAsync(server, server.Registrar(), id, group, attributes: attributes);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    private static async Task RefusedAsync(TestServer server, string id, string? group, HttpStatusCode status, string code) =>
        await Problem.IsAsync(await EnrollAsync(server, server.Registrar(), id, group), status, code);

    private static Task<HttpResponseMessage> EnrollAsync(
        TestServer server, HttpClient client, string id, string? group, TestDevice? device = null, object? attributes = null, string? slot = null) =>
        client.PostAsJsonAsync("/api/v1/enrollments", new
        {
            deviceId = id,
            csr = Convert.ToBase64String((device ?? server.NewDevice(id)).Request()),
            group,
            slot,
            attributes,
        });
}
