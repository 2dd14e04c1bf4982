using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Server;

/// <summary>Why a device would be, or was, refused.</summary>
public sealed class ExplanationTests
{
    [Fact]
    public async Task What_would_be_issued_is_issued_and_the_question_changes_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.UntilCrlsAsync();
        var device = server.NewDevice("pump-1");
        var rows = await RowsAsync(server);
        for (var i = 0; i < 2; i++)
        {
            var explained = await ExplainAsync(server, device);
            Assert.Equal("issued", explained.GetProperty("outcome").GetString());
            Assert.All(explained.GetProperty("rules").EnumerateArray(), rule => Assert.True(rule.GetProperty("kept").GetBoolean()));
        }

        Assert.Equal(rows, await RowsAsync(server));
        await device.EnrollAsync(server.Registrar());
        Assert.Equal("repeated", (await ExplainAsync(server, device)).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Every_broken_rule_is_named_and_the_first_is_the_refusal_of_the_enrollment()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, """{"deviceIdPattern":"PUMP-.*","registration":"preregistered","requiredAttributes":["model"]}""");
        var device = server.NewDevice("valve-1");
        var explained = await ExplainAsync(server, device);
        Assert.Equal("refused", explained.GetProperty("outcome").GetString());
        var broken = explained.GetProperty("rules").EnumerateArray()
            .Where(rule => rule.GetProperty("kept") is { ValueKind: JsonValueKind.False })
            .Select(rule => rule.GetProperty("code").GetString()).ToList();
        Assert.Equal(["device-id-not-allowed", "not-preregistered", "attribute-missing"], broken);
        await Problem.IsAsync(await EnrollAsync(server, device), HttpStatusCode.Forbidden, broken[0]!);
    }

    [Fact]
    public async Task What_the_registry_would_refuse_is_told_without_a_mark_on_the_device()
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, """{"onClone":"quarantine"}""");
        await server.UntilCrlsAsync();
        await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var rows = await RowsAsync(server);
        var explained = await ExplainAsync(server, server.NewDevice("pump-1"));
        var broken = Assert.Single(explained.GetProperty("rules").EnumerateArray(), rule => rule.GetProperty("kept") is { ValueKind: JsonValueKind.False });
        Assert.Equal(("registry", "device-already-bound"), (broken.GetProperty("rule").GetString(), broken.GetProperty("code").GetString()));
        Assert.Equal(rows, await RowsAsync(server));
        var state = (await server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/devices/pump-1")).GetProperty("state");
        Assert.Equal("active", state.GetString());
    }

    [Theory]
    [InlineData(true, "issued", null)]
    [InlineData(false, "refused", "approval-denied")]
    public async Task In_a_manual_group_it_is_told_what_the_administrator_has_decided(bool approve, string outcome, string? code)
    {
        await using var server = await TestServer.StartAsync();
        await DefineAsync(server, """{"approval":"manual"}""");
        var body = BodyOf(server.NewDevice("pump-1"));
        Assert.Equal(("pending", "approval-pending"), await AskAsync());
        using (var waiting = await server.Registrar().PostAsJsonAsync("/api/v1/enrollments", body)) Assert.Equal(HttpStatusCode.Accepted, waiting.StatusCode);
        Assert.Equal(("pending", "approval-pending"), await AskAsync());

        var admin = server.Administrator();
        var queue = (await admin.GetFromJsonAsync<JsonElement>("/api/v1/approvals")).GetProperty("items");
        var ids = new[] { Assert.Single(queue.EnumerateArray()).GetProperty("id").GetString() };
        using (var decided = await admin.PostAsJsonAsync("/api/v1/approvals/decisions", new { ids, approve })) Assert.Equal(HttpStatusCode.OK, decided.StatusCode);
        Assert.Equal((outcome, code), await AskAsync());

        async Task<(string?, string?)> AskAsync()
        {
            using var answer = await server.Registrar().PostAsJsonAsync("/api/v1/enrollments/validation", body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var explained = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var last = explained.GetProperty("rules").EnumerateArray().Last();
            Assert.Equal("approval", last.GetProperty("rule").GetString());
            return (explained.GetProperty("outcome").GetString(), last.GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Why_a_unit_was_rejected_last_night_is_still_known_in_the_morning()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow.Date.AddHours(22));
        await using var server = await TestServer.StartAsync(time: time);
        await DefineAsync(server, """{"registration":"preregistered"}""");
        for (var i = 0; i < 3; i++)
            await Problem.IsAsync(await EnrollAsync(server, server.NewDevice("unit-4711")), HttpStatusCode.Forbidden, "not-preregistered");
        time.Advance(TimeSpan.FromHours(10));
        await server.Services.GetRequiredService<RefusalLog>().FlushAsync(TestContext.Current.CancellationToken);

        var answer = await server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/devices/unit-4711/refusals");
        var row = Assert.Single(answer.GetProperty("items").EnumerateArray());
        Assert.Equal(
            ("not-preregistered", "registrar:factory-line", 3),
            (row.GetProperty("code").GetString(), row.GetProperty("requester").GetString(), row.GetProperty("count").GetInt32()));
    }

    private static async Task<JsonElement> ExplainAsync(TestServer server, TestDevice device)
    {
        using var answer = await server.Registrar().PostAsJsonAsync("/api/v1/enrollments/validation", BodyOf(device));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static Task<HttpResponseMessage> EnrollAsync(TestServer server, TestDevice device) =>
        server.Registrar().PostAsJsonAsync("/api/v1/enrollments", BodyOf(device));

    private static object BodyOf(TestDevice device) => new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) };

    private static async Task DefineAsync(TestServer server, string body)
    {
        using var answer = await server.Administrator().ReplaceAsync("/api/v1/groups/default", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static Task<long> RowsAsync(TestServer server) => server.Instance.Database.Writer.RunAsync(
        transaction => Convert.ToInt64(transaction.Session.Ask("""
            SELECT (SELECT COUNT(*) FROM certificates) * 1000000 + (SELECT COUNT(*) FROM keys) * 10000
                + (SELECT COUNT(*) FROM devices) * 100 + (SELECT COUNT(*) FROM audit)
            """)),
        TestContext.Current.CancellationToken);
}
