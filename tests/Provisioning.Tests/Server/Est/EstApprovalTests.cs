using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>Enrollments that wait for an administrator (row E-14): the same request asks again.</summary>
public sealed class EstApprovalTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.DefineGroupAsync("pumps", new { credentials = (string[])["registrar", "token"], approval = "manual" });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("pumps")]
    [InlineData(null)]
    public async Task E_14_a_request_waits_and_the_same_one_gets_the_certificate_once_it_is_approved(string? group)
    {
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "pumps" }));
        var request = _server.NewDevice("pump-1").Request();

        for (var i = 0; i < 2; i++)
        {
            var waits = await client.EstAsync(EstCalls.Enroll, request, group);
            Assert.InRange(waits.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 30, 60);
            await EstRefusal.IsAsync(waits, HttpStatusCode.Accepted, "approval-pending");
        }

        Assert.Equal(1, await DecideAsync(_server, approve: true));
        var serial = await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, request, group));
        Assert.Equal(serial, await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, request, group)));
    }

    [Fact]
    public async Task E_14_another_request_waits_by_itself()
    {
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "pumps", uses = 2 }));
        var device = _server.NewDevice("pump-1");
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, device.Request()), HttpStatusCode.Accepted, "approval-pending");
        Assert.Equal(1, await DecideAsync(_server, approve: true));

        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, device.Request()), HttpStatusCode.Accepted, "approval-pending");
        await EstRefusal.IsAsync(
            await client.EstAsync(EstCalls.Enroll, _server.NewDevice("pump-1").Request()), HttpStatusCode.Accepted, "approval-pending");
        Assert.Equal(2, await DecideAsync(_server, approve: false));
    }

    [Fact]
    public async Task A_denied_request_is_403_with_the_reason_on_the_same_line()
    {
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "pumps" }));
        var request = _server.NewDevice("pump-1").Request();
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, request), HttpStatusCode.Accepted, "approval-pending");
        await DecideAsync(_server, approve: false, "not ordered");

        var text = await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, request), HttpStatusCode.Forbidden, "approval-denied");
        Assert.Contains("not ordered", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_waits_at_one_door_is_collected_at_the_other()
    {
        var registrar = _server.Registrar();
        var device = _server.NewDevice("pump-1");
        var request = device.Request();
        await EstRefusal.IsAsync(await registrar.EstAsync(EstCalls.Enroll, request, "pumps"), HttpStatusCode.Accepted, "approval-pending");
        Assert.Equal(1, await DecideAsync(_server, approve: true));

        using var collected = await registrar.PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = device.Id, group = "pumps", csr = Convert.ToBase64String(request) });
        var serial = await CredentialCalls.SerialAsync(collected);
        Assert.Equal(serial, await EstCalls.SerialAsync(await registrar.EstAsync(EstCalls.Enroll, request, "pumps")));
    }

    /// <summary>Decides everything that waits, as an administrator.</summary>
    /// <returns>How much that was.</returns>
    internal static async Task<int> DecideAsync(TestServer server, bool approve, string? reason = null)
    {
        var admin = server.Administrator();
        var waiting = (await admin.GetFromJsonAsync<JsonElement>("/api/v1/approvals?state=pending")).GetProperty("items");
        var ids = waiting.EnumerateArray().Select(one => one.GetProperty("id").GetString()).ToList();
        using var decided = await admin.PostAsJsonAsync("/api/v1/approvals/decisions", new { ids, approve, reason });
        Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync());
        return ids.Count;
    }
}
