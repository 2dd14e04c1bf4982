using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Rest.Feed;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Feed;

/// <summary>What relying parties are told, over the real server.</summary>
public sealed class FeedTests
{
    private static readonly string[] ForRelyingParties = ["listRevocations", "streamRevocations", "readSelf"];

    [Fact]
    public async Task A_revocation_is_told_at_once_with_what_a_relying_party_needs()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        using var party = await server.AddPrincipalAsync("broker", "relyingParty");
        await using var stream = await EventStream.OpenAsync(server.Client(party));
        await RevokeAsync(server, device.SerialNumber, "keyCompromise");

        var told = (await stream.ReadAsync())!.Value;
        Assert.Equal(
            ("1.0", "provisioning.certificate.revoked", "pump-1", "https://localhost/api/v1/revocations"),
            (Text(told, "specversion"), Text(told, "type"), Text(told, "subject"), Text(told, "source")));
        var data = told.GetProperty("data");
        Assert.Equal(
            ("pump-1", device.SerialNumber, "issuing", "operational", "keyCompromise", "device"),
            (Text(data, "deviceId"), Text(data, "serialNumber"), Text(data, "authority"), Text(data, "slot"), Text(data, "reason"), Text(data, "holderKind")));
        Assert.Equal(device.Certificate!.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256), Text(data, "thumbprint"));

        var listed = await server.GetAsync("/api/v1/revocations?since=0");
        Assert.Equal(told.GetRawText(), Assert.Single(listed.GetProperty("items").EnumerateArray()).GetRawText());
        var example = (await server.GetAsync("/swagger/v1/swagger.json")).GetProperty("paths").GetProperty("/api/v1/revocations").GetProperty("get")
            .GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("example").GetProperty("items")[0];
        Assert.Equal(Names(example), Names(told));
        Assert.Equal(Names(example.GetProperty("data")), Names(data));
    }

    [Fact]
    public async Task A_reader_that_comes_back_misses_nothing_and_hears_nothing_twice()
    {
        await using var server = await TestServer.StartAsync();
        var registrar = server.Registrar();
        var serials = new List<string>();
        for (var i = 0; i < 12; i++) serials.Add((await server.NewDevice($"pump-{i}").EnrollAsync(registrar)).SerialNumber);
        var revoking = Task.WhenAll(serials.Select(serial => RevokeAsync(server, serial, "superseded")));
        var (heard, last) = (new List<JsonElement>(), "0");
        while (heard.Count < serials.Count)
        {
            await using var stream = await EventStream.OpenAsync(server.Administrator(), lastEventId: last);
            for (var i = 0; i < 5 && heard.Count < serials.Count; i++) heard.Add((await stream.ReadAsync())!.Value);
            last = Text(heard[^1], "id");
        }

        await revoking;
        Assert.Equal(serials.Order(), heard.Select(told => Text(told.GetProperty("data"), "serialNumber")).Order());
        var listed = new List<string>();
        for (var page = await server.GetAsync("/api/v1/revocations?limit=5"); ;)
        {
            listed.AddRange(page.GetProperty("items").EnumerateArray().Select(told => Text(told, "id")));
            if (page.GetProperty("nextCursor").GetString() is not { } cursor) break;
            page = await server.GetAsync("/api/v1/revocations?limit=5&cursor=" + cursor);
        }

        Assert.Equal(heard.Select(told => Text(told, "id")), listed);
        Assert.Empty((await server.GetAsync("/api/v1/revocations?since=" + listed[^1])).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_suspended_device_is_told_with_each_of_its_certificates_and_a_hold_with_its_release()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await using var stream = await EventStream.OpenAsync(server.Administrator());
        using (await server.Administrator().PostAsJsonAsync("/api/v1/devices/pump-1/suspension", new { reason = "secret matters" })) { }
        using (await server.Administrator().DeleteAsync("/api/v1/devices/pump-1/suspension")) { }
        var told = new List<JsonElement>();
        for (var i = 0; i < 4; i++) told.Add((await stream.ReadAsync())!.Value);
        Assert.Equal(
            ["certificate.held", "device.suspended", "certificate.released", "device.resumed"],
            told.Select(one => Text(one, "type")["provisioning.".Length..]));
        Assert.All(told, one => Assert.Equal("pump-1", Text(one.GetProperty("data"), "deviceId")));
        Assert.Equal(device.SerialNumber, Text(told[2].GetProperty("data"), "serialNumber"));

        // Why an administrator did it is for the audit, and not for relying parties.
        Assert.DoesNotContain("secret matters", string.Concat(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relying_party_that_is_revoked_while_it_streams_is_cut_off_and_hears_nothing_more()
    {
        await using var server = await TestServer.StartAsync();
        using var party = await server.AddPrincipalAsync("broker", "relyingParty");
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await using var stream = await EventStream.OpenAsync(server.Client(party));
        await RevokeAsync(server, party.SerialNumber, "cessationOfOperation");
        await RevokeAsync(server, device.SerialNumber, "superseded");
        Assert.IsAssignableFrom<IOException>(await Record.ExceptionAsync(() => stream.ReadAsync()));
        await Problem.IsAsync(await server.Client(party).GetAsync("/api/v1/revocations"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task A_relying_party_reads_what_was_revoked_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        using var party = await server.AddPrincipalAsync("broker", "relyingParty");
        await EverywhereElse.IsRefusedAsync(server, server.Client(party), ForRelyingParties);
        var self = await server.Client(party).GetFromJsonAsync<JsonElement>("/api/v1/self");
        Assert.Equal(("relyingParty", "broker"), (Text(self, "role"), Text(self, "name")));
        foreach (var other in new[] { server.Registrar(), (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client() })
        {
            await Problem.IsAsync(await other.GetAsync("/api/v1/revocations"), HttpStatusCode.Forbidden, "not-allowed");
            await Problem.IsAsync(await other.GetAsync("/api/v1/revocations/stream"), HttpStatusCode.Forbidden, "not-allowed");
        }
    }

    [Fact]
    public async Task Streams_end_in_good_order_when_the_service_stops()
    {
        var server = await TestServer.StartAsync();
        var client = server.Administrator();
        await using var stream = await EventStream.OpenAsync(client);
        var end = stream.ReadAsync();
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Null(await end);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task There_is_a_bounded_number_of_streams_and_a_place_is_free_when_one_ends()
    {
        await using var server = await TestServer.StartAsync(options => options.Feed.StreamsPerCaller = 2);
        await using (await EventStream.OpenAsync(server.Administrator()))
        await using (await EventStream.OpenAsync(server.Administrator()))
        {
            using var third = await server.Administrator().GetAsync("/api/v1/revocations/stream", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(TimeSpan.FromSeconds(30), third.Headers.RetryAfter!.Delta);
            await Problem.IsAsync(third, HttpStatusCode.TooManyRequests, "too-many-streams");
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var again = await server.Administrator().GetAsync("/api/v1/revocations/stream", HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (again.StatusCode == HttpStatusCode.OK) break;
        }
    }

    [Fact]
    public async Task Streams_of_one_caller_catch_up_one_after_the_other_and_each_hears_everything()
    {
        var places = new StreamPlaces(new FeedOptions());
        var (one, other) = (new Caller.RelyingParty("one"), new Caller.RelyingParty("other"));
        foreach (var caller in new Caller[] { one, one, one, other }) Assert.Null(places.Enter(caller));
        var (first, order) = (new TaskCompletionSource<int>(), new List<int>());
        Task<int>[] turns = [TakeAsync(one, 1, first.Task), TakeAsync(one, 2, Task.FromResult(2)), TakeAsync(one, 3, Task.FromResult(3))];
        Assert.Equal(9, await TakeAsync(other, 9, Task.FromResult(9)));
        Assert.Equal([1, 9], order);
        Assert.DoesNotContain(turns, turn => turn.IsCompleted);
        first.SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => turns[0]);
        Assert.Equal((2, 3), (await turns[1], await turns[2]));
        Assert.Equal([1, 9, 2, 3], order);

        await using var server = await TestServer.StartAsync(options => options.Feed.Look = TimeSpan.FromMilliseconds(50));
        await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        for (var i = 0; i < 60; i++)
        {
            using var held = await server.Administrator().PostAsJsonAsync("/api/v1/devices/pump-1/suspension", new { reason = "x" });
            using var released = await server.Administrator().DeleteAsync("/api/v1/devices/pump-1/suspension");
            Assert.True(held.IsSuccessStatusCode && released.IsSuccessStatusCode);
        }

        await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            await using var stream = await EventStream.OpenAsync(server.Administrator(), "?since=0");
            for (var i = 0; i < 240; i++) Assert.NotNull(await stream.ReadAsync());
        }));

        Task<int> TakeAsync(Caller caller, int number, Task<int> work) => places.InTurnAsync(
            caller,
            () =>
            {
                order.Add(number);
                return work;
            },
            CancellationToken.None);
    }

    [Fact]
    public async Task A_reader_that_is_ahead_of_a_restored_service_hears_it_and_nonsense_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var path in new[] { "/api/v1/revocations", "/api/v1/revocations/stream" })
        {
            await Problem.IsAsync(await server.Administrator().GetAsync(path + "?since=100000"), HttpStatusCode.Conflict, "feed-position-ahead");
            await Problem.IsAsync(await server.Administrator().GetAsync(path + "?since=-1"), HttpStatusCode.BadRequest, "bad-query");
            await Problem.IsAsync(await server.Administrator().GetAsync(path + "?from=1"), HttpStatusCode.BadRequest, "bad-query");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/revocations/stream") { Headers = { { "Last-Event-ID", "x" } } };
        await Problem.IsAsync(await server.Administrator().SendAsync(request), HttpStatusCode.BadRequest, "bad-query");
    }

    [Fact]
    public async Task TM_39_a_damaged_audit_entry_ends_no_reading_of_what_comes_after_it()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await RevokeAsync(server, device.SerialNumber, "superseded");
        foreach (var (later, kind) in new[] { (100, "'broken'"), (1000, "holder_kind") })
        {
            await server.Instance.Database.Writer.RunAsync(
                transaction => transaction.Sql(string.Intern($"""
                    INSERT INTO audit (sequence, at, actor, action, holder_kind, holder, serial, detail, hash)
                    SELECT sequence + {later}, at, actor, action, {kind}, holder, serial, detail, hash FROM audit
                    WHERE action = 'certificate-revoked' ORDER BY sequence LIMIT 1
                    """)).Execute(),
                default);
        }

        Assert.Equal(2, (await server.GetAsync("/api/v1/revocations?since=0")).GetProperty("items").GetArrayLength());
        Assert.Single((await server.GetAsync("/api/v1/revocations?since=0&limit=1")).GetProperty("items").EnumerateArray());
        Assert.Contains(server.Log.All, line => line.Contains("is damaged, and left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TM_39_nobody_waits_for_a_last_event_that_cannot_be_told()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Instance.Database;
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await RevokeAsync(server, device.SerialNumber, "superseded");
        var last = await database.Feed.ReadLastEventAsync(default);
        Assert.Equal(last, Assert.Single(await database.Feed.ReadEventsAsync(0, 10, default)).Sequence);
        for (var damaged = 1; damaged <= 12; damaged++)
        {
            await database.Writer.RunAsync(
                transaction => transaction.Sql("""
                    INSERT INTO audit (sequence, at, actor, action, holder_kind, holder, serial, detail, hash)
                    SELECT MAX(sequence) + 1, 0, 'test', 'certificate-revoked', 'broken', NULL, NULL, NULL, zeroblob(32) FROM audit
                    """).Execute(),
                default);
        }

        Assert.True(await database.Feed.ReadHeadAsync(default) > last);
        Assert.Equal(last, await database.Feed.ReadLastEventAsync(default));
    }

    [Fact]
    public async Task A_stream_says_that_it_lives_when_there_is_nothing_to_tell()
    {
        await using var server = await TestServer.StartAsync(options => options.Feed.Heartbeat = TimeSpan.FromSeconds(1));
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await using var stream = await EventStream.OpenAsync(server.Administrator());
        var reading = stream.ReadAsync();
        await TestServer.UntilAsync(() => stream.Comments >= 2, TimeSpan.FromSeconds(30));
        await RevokeAsync(server, device.SerialNumber, "superseded");
        Assert.NotNull(await reading);
    }

    private static async Task RevokeAsync(TestServer server, string serialNumber, string reason)
    {
        using var revoked = await server.Administrator().PostAsJsonAsync($"/api/v1/certificates/{serialNumber}/revocation", new { reason });
        Assert.True(revoked.IsSuccessStatusCode);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(field => field.Name);
}
