using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Provisioning.Tests.Server;

/// <summary>Enrollments that wait for an administrator, over the real server.</summary>
public sealed class ApprovalTests
{
    [Fact]
    public async Task A_device_of_a_manual_group_waits_until_an_administrator_approves()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        var body = BodyOf(server.NewDevice("pump-1"));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));
        Assert.Equal(waiting.Id, (await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body))).Id);
        Assert.Equal(waiting.Id, (await PendingAsync(await registrar.GetAsync(waiting.Address))).Id);

        var queue = (await ReadAsync(server, "/api/v1/approvals?state=pending")).GetProperty("items");
        var shown = Assert.Single(queue.EnumerateArray());
        Assert.Equal(
            ("pump-1", "pump-1", "p256", "registrar:factory-line"),
            (shown.GetProperty("deviceId").GetString(), shown.GetProperty("commonName").GetString(),
            shown.GetProperty("keyAlgorithm").GetString(), shown.GetProperty("requester").GetString()));

        Assert.Equal("approved", await DecideAsync(server, waiting.Id, approve: true));
        using var issued = await registrar.GetAsync(waiting.Address);
        Assert.Equal(HttpStatusCode.Created, issued.StatusCode);
        using var again = await registrar.PostAsJsonAsync("/api/v1/enrollments", body);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(issued.Headers.Location, again.Headers.Location);
        Assert.Equal("used", (await ReadAsync(server, "/api/v1/approvals/" + waiting.Id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task An_approval_is_for_exactly_that_request()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        var (device, other) = (server.NewDevice("pump-1"), server.NewDevice("pump-1"));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(device)));
        await DecideAsync(server, waiting.Id, approve: true);

        // Another key; the same key in another certification request; other attributes.
        foreach (var body in new[] { BodyOf(other), BodyOf(device), BodyOf(device, "P-300") })
            Assert.NotEqual(waiting.Id, (await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body))).Id);
    }

    [Fact]
    public async Task An_approval_counts_for_nothing_once_the_group_has_changed()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        var body = BodyOf(server.NewDevice("pump-1"));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));
        await DecideAsync(server, waiting.Id, approve: true);
        await DefineAsync(server, """{"approval":"manual","description":"changed"}""");
        Assert.NotEqual(waiting.Id, (await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body))).Id);
    }

    [Fact]
    public async Task An_approval_is_used_once_also_by_64_parallel_requests()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        var body = BodyOf(server.NewDevice("pump-1"));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));
        await DecideAsync(server, waiting.Id, approve: true);
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => registrar.GetAsync(waiting.Address)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(answers.Select(answer => answer.Headers.Location).Distinct());
    }

    [Fact]
    public async Task A_denied_request_is_told_why_and_stays_denied()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        var body = BodyOf(server.NewDevice("pump-1"));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));
        Assert.Equal("denied", await DecideAsync(server, waiting.Id, approve: false, "not ordered"));
        await Problem.IsAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body), HttpStatusCode.Forbidden, "approval-denied");
        using var refused = await registrar.GetAsync(waiting.Address);
        Assert.Contains("not ordered", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("not-allowed", await DecideAsync(server, waiting.Id, approve: true));
    }

    [Fact]
    public async Task Nobody_approves_a_request_of_their_own_and_nobody_else_is_given_it()
    {
        await using var server = await StartAsync();
        var admin = server.Administrator();
        var waiting = await PendingAsync(await admin.PostAsJsonAsync("/api/v1/enrollments", BodyOf(server.NewDevice("pump-1"))));
        Assert.Equal("not-allowed", await DecideAsync(server, waiting.Id, approve: true));
        await Problem.IsAsync(await server.Registrar().GetAsync(waiting.Address), HttpStatusCode.NotFound, "not-found");
        Assert.Equal("not-found", await DecideAsync(server, new string('0', 32), approve: true));
    }

    [Fact]
    public async Task TM_26_a_queue_that_others_have_filled_for_a_device_keeps_it_out_neither_with_its_key_nor_with_another()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        for (var i = 0; i < 12; i++)
            await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(server.NewDevice("pump-1"))));
        var device = server.NewDevice("pump-1");
        var first = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(device)));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(device)));
        await Problem.IsAsync(await registrar.GetAsync(first.Address), HttpStatusCode.NotFound, "not-found");

        Assert.Equal(8, (await ReadAsync(server, "/api/v1/approvals?state=pending")).GetProperty("items").GetArrayLength());
        Assert.Equal("approved", await DecideAsync(server, waiting.Id, approve: true));
        using var issued = await registrar.GetAsync(waiting.Address);
        Assert.Equal(HttpStatusCode.Created, issued.StatusCode);
    }

    [Fact]
    public async Task An_approval_that_nobody_used_in_time_is_none()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        await DefineAsync(server, """{"approval":"manual"}""");
        var registrar = server.Registrar();
        var body = BodyOf(server.NewDevice("pump-1"));
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));
        await DecideAsync(server, waiting.Id, approve: true);
        for (var day = 0; day < 8; day++) time.Advance(TimeSpan.FromHours(23));
        Assert.NotEqual(waiting.Id, (await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body))).Id);
    }

    [Fact]
    public async Task What_no_administrator_could_approve_is_refused_at_once()
    {
        await using var server = await StartAsync();
        var registrar = server.Registrar();
        var device = server.NewDevice("pump-1");
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(device)));
        await DecideAsync(server, waiting.Id, approve: true);
        using (var issued = await registrar.GetAsync(waiting.Address)) Assert.Equal(HttpStatusCode.Created, issued.StatusCode);
        await Problem.IsAsync(
            await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(server.NewDevice("pump-1"))), HttpStatusCode.Conflict, "device-already-bound");
    }

    [Fact]
    public async Task TM_02_a_clone_of_a_manual_group_waits_for_nobody_and_is_marked()
    {
        await using var server = await StartAsync();
        await DefineAsync(server, """{"approval":"manual","onClone":"quarantine"}""");
        var registrar = server.Registrar();
        var waiting = await PendingAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(server.NewDevice("pump-1"))));
        await DecideAsync(server, waiting.Id, approve: true);
        using (var issued = await registrar.GetAsync(waiting.Address)) Assert.Equal(HttpStatusCode.Created, issued.StatusCode);

        await Problem.IsAsync(
            await registrar.PostAsJsonAsync("/api/v1/enrollments", BodyOf(server.NewDevice("pump-1"))), HttpStatusCode.Conflict, "device-already-bound");
        Assert.Equal("quarantined", (await ReadAsync(server, "/api/v1/devices/pump-1")).GetProperty("state").GetString());
        var history = (await ReadAsync(server, "/api/v1/devices/pump-1/history")).GetProperty("items").EnumerateArray();
        Assert.Contains("clone-suspected", history.Select(entry => entry.GetProperty("action").GetString()));
    }

    private static async Task<TestServer> StartAsync()
    {
        var server = await TestServer.StartAsync();
        await DefineAsync(server, """{"approval":"manual"}""");
        return server;
    }

    private static async Task DefineAsync(TestServer server, string body)
    {
        using var answer = await server.Administrator().ReplaceAsync("/api/v1/groups/default", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static object BodyOf(TestDevice device, string model = "P-200") => new
    {
        deviceId = device.Id,
        csr = Convert.ToBase64String(device.Request()),
        attributes = new { model },
    };

    private static async Task<(string Id, string Address)> PendingAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{(int)answer.StatusCode} {text}");
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 30, 60);
        var document = JsonDocument.Parse(text).RootElement;
        var address = document.GetProperty("statusAddress").GetString()!;
        Assert.Equal(address, answer.Headers.Location!.ToString());
        answer.Dispose();
        return (document.GetProperty("requestId").GetString()!, address);
    }

    private static async Task<string?> DecideAsync(TestServer server, string id, bool approve, string? reason = null)
    {
        using var answer = await server.Administrator().PostAsJsonAsync("/api/v1/approvals/decisions", new { ids = new[] { id }, approve, reason });
        var item = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items")[0];
        return item.GetProperty("state").GetString() ?? item.GetProperty("code").GetString();
    }

    private static async Task<JsonElement> ReadAsync(TestServer server, string path) =>
        await server.Administrator().GetFromJsonAsync<JsonElement>(path);
}
