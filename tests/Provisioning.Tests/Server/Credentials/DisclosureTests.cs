using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>What refusals tell callers, and what is none of their business.</summary>
public sealed class DisclosureTests : IAsyncLifetime
{
    private static readonly string[] LinesAndTokens = ["registrar", "token"];

    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.OpenGroupAsync();
        await _server.DefineGroupAsync("fans", new { credentials = LinesAndTokens });
        await _server.CreateBatchAsync("week-4", "pumps", "pump-1", "pump-2");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task TM_01_a_device_takes_no_unit_of_a_lot_and_accuses_no_manufacturer()
    {
        using var acme = new Manufacturer();
        await acme.RegisterWellAsync(_server);
        await OpenLotAsync("PO-1", stations: ["factory-line"]);
        await OpenLotAsync("PO-2");
        using var claim = await _server.IssueClaimAsync("week-4");
        using var birth = acme.Issue("AC-1");
        foreach (var (certificate, device) in new[] { (claim, "pump-1"), (birth, "AC-1") })
        {
            using var client = _server.Client(certificate);
            foreach (var lot in new[] { "PO-1", "PO-2" })
                await Problem.IsAsync(await EnrollAsync(client, device, new { lot }), HttpStatusCode.Forbidden, "outside-scope");
            await CredentialCalls.SerialAsync(await client.EnrollAsync(device));
        }

        foreach (var lot in new[] { "PO-1", "PO-2" })
        {
            var counts = (await _server.GetAsync("/api/v1/lots/" + lot)).GetProperty("counts");
            Assert.Equal((0, 0), (counts.GetProperty("issued").GetInt32(), counts.GetProperty("beyond").GetInt32()));
        }
    }

    [Fact]
    public async Task TM_27_a_device_hears_one_answer_whatever_group_slot_or_lot_it_names()
    {
        await OpenLotAsync("PO-1");
        await OpenLotAsync("PO-F", "fans");
        var token = await _server.CreateTokenAsync(new { group = "pumps", uses = 9, expiresAt = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-ddTHH:mm:ssZ", null) });
        using var claim = await _server.IssueClaimAsync("week-4");
        foreach (var client in new[] { _server.Client(claim), _server.WithToken(token) })
        {
            await SameAsync(
                HttpStatusCode.Forbidden,
                "outside-scope",
                await EnrollAsync(client, "pump-1", new { group = "fans" }),
                await EnrollAsync(client, "pump-1", new { group = "nobody" }),
                await EnrollAsync(client, "pump-1", new { group = "fans", slot = "none" }),
                await EnrollAsync(client, "pump-1", new { group = "nobody", slot = "none" }));
            await SameAsync(
                HttpStatusCode.Forbidden,
                "outside-scope",
                await EnrollAsync(client, "pump-1", new { lot = "PO-1" }),
                await EnrollAsync(client, "pump-1", new { lot = "PO-F" }),
                await EnrollAsync(client, "pump-1", new { lot = "PO-9" }));
        }
    }

    [Fact]
    public async Task R_05_a_registrar_hears_nothing_of_devices_beyond_its_scope()
    {
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("B-0001", ECDsa.Create(), new { group = "fans" }));
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("A-0001", ECDsa.Create(), new { group = "fans" }));
        using var station = await _server.AddPrincipalAsync("station-1");
        await _server.LimitAsync("station-1", """{"groups":["pumps"],"deviceIdPatterns":["A-.*"]}""");
        var client = _server.Client(station);

        await SameAsync(
            HttpStatusCode.Forbidden,
            "outside-scope",
            await EnrollAsync(client, "B-0001", new { group = "pumps" }),
            await EnrollAsync(client, "B-0002", new { group = "pumps" }));
        await SameAsync(
            HttpStatusCode.Forbidden,
            "outside-scope",
            await EnrollAsync(client, "A-0001", new { }),
            await EnrollAsync(client, "A-0002", new { }),
            await EnrollAsync(client, "A-0001", new { group = "fans" }),
            await EnrollAsync(client, "A-0001", new { group = "nobody" }),
            await EnrollAsync(client, "A-0001", new { group = "fans", slot = "none" }));

        // Its own group is its business, the name of the other one is not.
        using var mismatch = await EnrollAsync(client, "A-0001", new { group = "pumps" });
        Assert.DoesNotContain("fans", await mismatch.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Problem.IsAsync(mismatch, HttpStatusCode.Conflict, "group-mismatch");
    }

    [Fact]
    public async Task R_05_a_lot_of_others_and_one_that_there_is_not_have_one_answer()
    {
        using var station = await _server.AddPrincipalAsync("station-1");
        await _server.LimitAsync("station-1", """{"groups":["pumps"]}""");
        await OpenLotAsync("PO-1", stations: ["factory-line"]);
        await OpenLotAsync("PO-F", "fans");
        await OpenLotAsync("PO-2");
        var client = _server.Client(station);

        await SameAsync(
            HttpStatusCode.Forbidden,
            "outside-scope",
            await EnrollAsync(client, "pump-1", new { lot = "PO-1" }),
            await EnrollAsync(client, "pump-1", new { lot = "PO-F" }),
            await EnrollAsync(client, "pump-1", new { lot = "PO-9" }));
        await CredentialCalls.SerialAsync(await EnrollAsync(client, "pump-9", new { lot = "PO-2" }));
        await Problem.IsAsync(
            await EnrollAsync(_server.Administrator(), "pump-8", new { lot = "PO-9" }), HttpStatusCode.UnprocessableEntity, "unknown-lot");
    }

    [Fact]
    public async Task R_05_an_explanation_ends_where_the_scope_does_and_is_on_record()
    {
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("B-0001", ECDsa.Create(), new { group = "fans" }));
        using var station = await _server.AddPrincipalAsync("station-1");
        await _server.LimitAsync("station-1", """{"groups":["pumps"],"deviceIdPatterns":["A-.*"]}""");
        var client = _server.Client(station);
        using var key = ECDsa.Create();
        var csr = Convert.ToBase64String(new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "", key, HashAlgorithmName.SHA256).CreateSigningRequest());

        var bodies = new HashSet<string>();
        foreach (var deviceId in new[] { "B-0001", "B-0002" })
        {
            using var answer = await client.PostAsJsonAsync("/api/v1/enrollments/validation", new { deviceId, group = "pumps", csr });
            var explained = await CredentialCalls.BodyAsync(answer);
            bodies.Add(explained.ToString());
            var rules = explained.GetProperty("rules").EnumerateArray().ToList();
            Assert.Equal(["scope"], rules.Where(IsBroken).Select(rule => rule.GetProperty("rule").GetString()));
            Assert.All(rules.Where(rule => !IsBroken(rule)), rule => Assert.Equal(JsonValueKind.Null, rule.GetProperty("kept").ValueKind));
        }

        Assert.Single(bodies);
        await _server.Services.GetRequiredService<RefusalLog>().FlushAsync(TestContext.Current.CancellationToken);
        var row = Assert.Single((await _server.GetAsync("/api/v1/devices/B-0001/refusals")).GetProperty("items").EnumerateArray());
        Assert.Equal("outside-scope", row.GetProperty("code").GetString());

        static bool IsBroken(JsonElement rule) => rule.GetProperty("kept").ValueKind == JsonValueKind.False;
    }

    [Fact]
    public async Task I_10_an_Idempotency_Key_with_another_lot_is_another_request()
    {
        await OpenLotAsync("PO-1");
        await OpenLotAsync("PO-2");
        using var key = ECDsa.Create();
        var csr = CertificateCalls.Csr("pump-1", key);
        var client = _server.Registrar();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "unit-1");

        await CredentialCalls.SerialAsync(await client.PostAsJsonAsync("/api/v1/enrollments", new { deviceId = "pump-1", csr, lot = "PO-1" }));
        await CredentialCalls.SerialAsync(await client.PostAsJsonAsync("/api/v1/enrollments", new { deviceId = "pump-1", csr, lot = "PO-1" }));
        await Problem.IsAsync(
            await client.PostAsJsonAsync("/api/v1/enrollments", new { deviceId = "pump-1", csr, lot = "PO-2" }),
            HttpStatusCode.UnprocessableEntity,
            "idempotency-mismatch");
    }

    private static Task<HttpResponseMessage> EnrollAsync(HttpClient client, string device, object more) => client.EnrollAsync(device, ECDsa.Create(), more);

    private static async Task SameAsync(HttpStatusCode status, string code, params HttpResponseMessage[] answers)
    {
        var bodies = new HashSet<string>();
        foreach (var answer in answers)
        {
            bodies.Add(await answer.Content.ReadAsStringAsync());
            await Problem.IsAsync(answer, status, code);
        }

        Assert.Single(bodies);
    }

    private async Task OpenLotAsync(string name, string group = "pumps", params string[] stations)
    {
        var now = DateTimeOffset.UtcNow;
        var body = new JsonObject
        {
            ["name"] = name,
            ["group"] = group,
            ["quota"] = 5,
            ["opensAt"] = now.AddHours(-1).ToString("yyyy-MM-ddTHH:mm:ssZ", null),
            ["closesAt"] = now.AddDays(1).ToString("yyyy-MM-ddTHH:mm:ssZ", null),
        };
        if (stations.Length > 0) body["stations"] = new JsonArray([.. stations.Select(station => JsonValue.Create(station))]);
        using var response = await _server.Administrator().PostAsJsonAsync("/api/v1/lots", body);
        await CredentialCalls.BodyAsync(response, HttpStatusCode.Created);
    }
}
