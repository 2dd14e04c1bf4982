using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

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
            Assert.Equal((0, 0), (counts.GetProperty("issued").GetInt32(), counts.GetProperty("attemptsBeyond").GetInt32()));
        }
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
