using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Core.Audit;

namespace Provisioning.Tests.Server;

/// <summary>Production orders, over HTTP.</summary>
public sealed class LotTests
{
    private const string Line = "factory-line";

    [Fact]
    public async Task A_definition_that_cannot_be_used_is_refused_with_its_field()
    {
        await using var server = await TestServer.StartAsync();
        var administrator = server.Administrator();
        var range = new { prefix = "P-", first = 1, last = 10, width = 4 };
        foreach (var (field, value, pointer) in (IEnumerable<(string, object?, string)>)
        [
            ("name", "no good", "/name"), ("group", "nobody", "/group"), ("quota", 0, "/quota"), ("quota", 10_000_001, "/quota"),
            ("description", new string('x', 201), "/description"), ("description", "two\nlines", "/description"), ("opensAt", "tomorrow", "/opensAt"), ("closesAt", "2026-01-01", "/closesAt"),
            ("closesAt", "2020-01-01T00:00:00Z", "/closesAt"), ("stations", new[] { "stranger" }, "/stations/0"), ("stations", new[] { Line, Line }, "/stations/1"),
            ("stations", Array.Empty<string>(), "/stations"), ("units", new { range = range with { width = 0 } }, "/units/range/width"),
            ("units", new { range = range with { width = 19 } }, "/units/range/width"), ("units", new { range = range with { first = -1 } }, "/units/range/first"),
            ("units", new { range = range with { last = 0 } }, "/units/range/last"), ("units", new { range = range with { last = 10_000 } }, "/units/range/last"),
            ("units", new { range = range with { prefix = "ä" } }, "/units/range/prefix"),
            ("units", new { range = range with { prefix = new string('P', 61) } }, "/units/range/prefix"),
            ("units", new { range = range with { last = 4 } }, "/units/range"), ("units", new { range, list = new[] { "P-1" } }, "/units"),
            ("units", new { list = new[] { "P-1", "no good" } }, "/units/list/1"), ("units", new { list = new[] { "P-1", "P-1" } }, "/units/list/1"),
            ("units", new { list = new[] { "1", "2", "3", "4", "5", "6" } }, "/units/list"),
        ])
        {
            var body = Order("PO-1", 5);
            body[field] = JsonSerializer.SerializeToNode(value);
            using var response = await administrator.PostAsJsonAsync("/api/v1/lots", body);
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(response.StatusCode == HttpStatusCode.UnprocessableEntity, $"{field} {value}: {problem}");
            Assert.Equal(("bad-lot", pointer), (problem.GetProperty("code").GetString(), problem.GetProperty("pointer").GetString()));
        }

        await OpenAsync(administrator, Order("PO-1", 5));
        await Problem.IsAsync(await administrator.PostAsJsonAsync("/api/v1/lots", Order("PO-1", 5)), HttpStatusCode.Conflict, "already-exists");
    }

    [Fact]
    public async Task A_lot_is_changed_from_the_revision_that_was_read()
    {
        await using var server = await TestServer.StartAsync();
        var administrator = server.Administrator();
        await OpenAsync(administrator, Order("PO-1", 1));
        await EnrollAsync(server, "pump-1", "PO-1");
        await Problem.IsAsync(await TryEnrollAsync(server, "pump-2", "PO-1"), HttpStatusCode.Forbidden, "quota-exhausted");

        var more = Order("PO-1", 2);
        more.Remove("name");
        more.Remove("group");
        using (var changed = await administrator.ReplaceAsync("/api/v1/lots/PO-1", more, "\"1\"")) Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);
        await Problem.IsAsync(await administrator.ReplaceAsync("/api/v1/lots/PO-1", more, "\"1\""), HttpStatusCode.PreconditionFailed, "precondition-failed");
        await EnrollAsync(server, "pump-2", "PO-1");
        more["quota"] = 1;
        await Problem.IsAsync(await administrator.ReplaceAsync("/api/v1/lots/PO-1", more), HttpStatusCode.UnprocessableEntity, "bad-lot");
        await Problem.IsAsync(
            await administrator.ReplaceAsync("/api/v1/lots/PO-1", more, null), HttpStatusCode.PreconditionRequired, "precondition-required");
        await Problem.IsAsync(await administrator.ReplaceAsync("/api/v1/lots/PO-9", more), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Stations_see_their_lots_and_report_scrap_and_other_registrars_do_not()
    {
        await using var server = await TestServer.StartAsync();
        var (administrator, line) = (server.Administrator(), server.Registrar());
        await OpenAsync(administrator, Order("PO-1", 2, Line));
        await OpenAsync(administrator, Order("PO-2", 2));
        await EnrollAsync(server, "pump-2", "PO-2");

        Assert.Equal(HttpStatusCode.OK, (await line.GetAsync("/api/v1/lots/PO-1")).StatusCode);
        foreach (var other in (string[])["PO-2", "PO-9"])
        {
            await Problem.IsAsync(await line.GetAsync($"/api/v1/lots/{other}"), HttpStatusCode.Forbidden, "outside-scope");
            await Problem.IsAsync(await ScrapAsync(line, other, "pump-2"), HttpStatusCode.Forbidden, "outside-scope");
        }

        await Problem.IsAsync(await line.GetAsync("/api/v1/lots"), HttpStatusCode.Forbidden, "not-allowed");
        await Problem.IsAsync(await line.PostAsync("/api/v1/lots/PO-1/closure", null), HttpStatusCode.Forbidden, "not-allowed");
        (await administrator.ReplaceAsync($"/api/v1/principals/{Line}/scope", """{"lots":["PO-2"]}""")).EnsureSuccessStatusCode();
        Assert.Equal(HttpStatusCode.OK, (await line.GetAsync("/api/v1/lots/PO-2")).StatusCode);
        await Problem.IsAsync(await line.GetAsync("/api/v1/lots/PO-1"), HttpStatusCode.Forbidden, "outside-scope");
    }

    [Fact]
    public async Task Scrapped_units_are_answered_one_by_one_and_get_into_the_CRL()
    {
        await using var server = await TestServer.StartAsync();
        await server.UntilCrlsAsync();
        var line = server.Registrar();
        await OpenAsync(server.Administrator(), Order("PO-1", 1, Line));
        var device = await EnrollAsync(server, "pump-1", "PO-1");

        using var response = await ScrapAsync(line, "PO-1", "pump-1", "pump-1", "pump-9", "no good");
        var items = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items").EnumerateArray().ToList();

        Assert.Equal([1, 0, 0, 0], items.Select(item => item.GetProperty("revoked").GetInt32()));
        Assert.Equal([null, null, "not-in-lot", "bad-device-id"], items.Select(item => item.GetProperty("code").GetString()));
        await Problem.IsAsync(await device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "device-decommissioned");
        await Problem.IsAsync(await TryEnrollAsync(server, "pump-1", "PO-1"), HttpStatusCode.Forbidden, "device-decommissioned");
        await TestServer.UntilAsync(() => server.Crl()?.Entries == 1, TimeSpan.FromMinutes(1));
        await EnrollAsync(server, "pump-2", "PO-1");
        await Problem.IsAsync(await TryEnrollAsync(server, "pump-3", "PO-1"), HttpStatusCode.Forbidden, "quota-exhausted");
        Assert.Single(server.Log.All, line => line.StartsWith("Warning The lot PO-1 is exhausted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_report_of_a_closed_lot_is_the_same_for_ever()
    {
        await using var server = await TestServer.StartAsync();
        var administrator = server.Administrator();
        await OpenAsync(administrator, Order("PO-1", 3));
        var device = await EnrollAsync(server, "pump-1", "PO-1");
        var other = await EnrollAsync(server, "pump-2", "PO-1");
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);
        await TestServer.UntilAsync(() => ActivatedAsync(administrator).Result == 1, TimeSpan.FromMinutes(1));
        await Problem.IsAsync(await administrator.GetAsync("/api/v1/lots/PO-1/report"), HttpStatusCode.NotFound, "not-found");

        var closed = await (await administrator.PostAsync("/api/v1/lots/PO-1/closure", null)).Content.ReadAsByteArrayAsync();
        Assert.Equal(HttpStatusCode.OK, (await other.Client().GetAsync("/api/v1/self")).StatusCode);

        Assert.Equal(closed, await administrator.GetByteArrayAsync("/api/v1/lots/PO-1/report"));
        Assert.Equal(closed, await (await administrator.PostAsync("/api/v1/lots/PO-1/closure", null)).Content.ReadAsByteArrayAsync());
        var counts = JsonNode.Parse(await GetAsync(administrator, "/api/v1/lots/PO-1/report", "application/json"))!["counts"]!;
        Assert.Equal(
            """{"ordered":3,"issued":2,"replaced":0,"activated":1,"scrapped":0,"unaccounted":1,"notIssued":1,"attemptsBeyond":0}""", counts.ToJsonString());
        Assert.Equal(
            """
            {"deviceId":"pump-1","state":"activated"}
            {"deviceId":"pump-2","state":"unaccounted"}

            """,
            await administrator.GetStringAsync("/api/v1/lots/PO-1/units"));
        using var text = new HttpRequestMessage(HttpMethod.Get, "/api/v1/lots/PO-1/report") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/plain") } } };
        await Problem.IsAsync(await administrator.SendAsync(text), HttpStatusCode.NotAcceptable, "not-acceptable");
        await Problem.IsAsync(await TryEnrollAsync(server, "pump-3", "PO-1"), HttpStatusCode.Forbidden, "lot-closed");
    }

    [Fact]
    public async Task Reports_stay_verifiable_when_the_report_key_is_replaced()
    {
        await using var server = await TestServer.StartAsync();
        var administrator = server.Administrator();
        var before = await CloseNewAsync(administrator, "PO-1");
        Assert.Equal(SignerOf(before), SignerOf(await CloseNewAsync(administrator, "PO-2")));
        var signer = (await administrator.GetFromJsonAsync<JsonElement>("/api/v1/certificates?holder=lot-reports")).GetProperty("items")[0];
        Assert.Equal("report", signer.GetProperty("profile").GetString());
        (await administrator.PostAsJsonAsync(
            $"/api/v1/certificates/{signer.GetProperty("serialNumber").GetString()}/revocation", new { reason = "superseded" })).EnsureSuccessStatusCode();

        Assert.NotEqual(SignerOf(before), SignerOf(await CloseNewAsync(administrator, "PO-3")));

        await server.UntilCrlsAsync();
        await TestServer.UntilAsync(() => server.Crl()?.Entries == 1, TimeSpan.FromMinutes(1));
        Assert.Empty((await AuditAsync(server)).Findings);
    }

    [Fact]
    public async Task What_was_changed_behind_the_back_of_a_lot_is_found_by_the_audit()
    {
        await using var server = await TestServer.StartAsync();
        await server.UntilCrlsAsync();
        var administrator = server.Administrator();
        await OpenAsync(administrator, Order("PO-1", 3));
        await EnrollAsync(server, "pump-1", "PO-1");
        (await administrator.PostAsync("/api/v1/lots/PO-1/closure", null)).EnsureSuccessStatusCode();
        var other = await CloseNewAsync(administrator, "PO-2");
        Assert.Empty((await AuditAsync(server)).Findings);

        await FindsAsync("UPDATE devices SET lot = NULL", "UPDATE devices SET lot = 'PO-1'", "Lot 'PO-1': 1 issued units are on record, and 0 are there.");
        await FindsAsync("UPDATE lots SET beyond = 5 WHERE name = 'PO-1'", "UPDATE lots SET beyond = 0 WHERE name = 'PO-1'",
            "The report of the lot 'PO-1' tells other numbers than the lot.");
        await FindsAsync("UPDATE lots SET scrapped = 1 WHERE name = 'PO-1'", "UPDATE lots SET scrapped = 0 WHERE name = 'PO-1'",
            "Lot 'PO-1': 1 scrapped units are on record, and 0 are there.", "The report of the lot 'PO-1' tells other numbers than the lot.");
        await SqlAsync("CREATE TABLE kept AS SELECT report FROM lots WHERE name = 'PO-1'");
        const string Restore = "UPDATE lots SET report = (SELECT report FROM kept) WHERE name = 'PO-1'";
        await FindsAsync("UPDATE lots SET report = NULL WHERE name = 'PO-1'", Restore,
            "Lot 'PO-1' has an audit entry that its report was signed, and no report is on record.");
        await FindsAsync("UPDATE lots SET report = report || '.a' WHERE name = 'PO-1'", Restore,
            "The report of the lot 'PO-1' is another one than the audit entry says.", "The report of the lot 'PO-1' is no signed report.");
        await FindsAsync($"UPDATE lots SET report = '{other}' WHERE name = 'PO-1'", Restore,
            "The report of the lot 'PO-1' is another one than the audit entry says.", "The report of the lot 'PO-1' is that of another lot.");
        Assert.Empty((await AuditAsync(server)).Findings);

        async Task FindsAsync(string change, string back, params string[] findings)
        {
            await SqlAsync(change);
            Assert.Equal(findings, (await AuditAsync(server)).Findings);
            await SqlAsync(back);
        }

        Task<int> SqlAsync(string sql) => server.Instance.Database.Writer.RunAsync(transaction =>
        {
            transaction.Session.Run(sql);
            return 0;
        }, default);
    }

    [Fact]
    public async Task Ten_thousand_units_are_listed_at_once_and_more_page_by_page()
    {
        await using var server = await TestServer.StartAsync();
        var administrator = server.Administrator();
        var body = Order("PO-1", 12_000);
        body["units"] = new JsonObject { ["list"] = Units(0, 10_000) };
        await OpenAsync(administrator, body);
        await Problem.IsAsync(await AddAsync(Units(0, 10_001)), HttpStatusCode.UnprocessableEntity, "bad-lot");
        await Problem.IsAsync(await AddAsync(Units(10_000, 2_001)), HttpStatusCode.UnprocessableEntity, "bad-lot");
        await Problem.IsAsync(await AddAsync(Units(0, 20_000)), HttpStatusCode.RequestEntityTooLarge, "too-large");
        using (var added = await AddAsync(Units(9_000, 3_000)))
            Assert.Equal(12_000, (await added.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("listed").GetInt64());

        await Problem.IsAsync(await TryEnrollAsync(server, "stranger", "PO-1"), HttpStatusCode.Forbidden, "not-in-lot");
        var last = (string)Units(11_999, 1)[0]!;
        await EnrollAsync(server, last, "PO-1");
        var lines = (await administrator.GetStringAsync("/api/v1/lots/PO-1/units")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(12_000, lines.Length);
        Assert.Equal([$$"""{"deviceId":"{{last}}","state":"unaccounted"}"""], lines.Where(line => !line.Contains("notIssued")));

        Task<HttpResponseMessage> AddAsync(JsonArray list) =>
            administrator.PostAsJsonAsync("/api/v1/lots/PO-1/units", new JsonObject { ["list"] = list });

        static JsonArray Units(int from, int count) => [.. Enumerable.Range(from, count).Select(i => JsonValue.Create($"pump-{i:D5}{new string('x', 50)}"))];
    }

    [Fact]
    public async Task The_examples_of_lots_have_the_fields_that_answers_have()
    {
        await using var server = await TestServer.StartAsync();
        var administrator = server.Administrator();
        var order = Example("LotBody");
        foreach (var field in (string[])["opensAt", "closesAt"]) order[field] = Order("PO-4711", 1)[field]!.DeepClone();
        await OpenAsync(administrator, order.AsObject());
        await EnrollAsync(server, "PUMP-000017", "PO-4711");

        await SameAsync("Lot", await administrator.GetAsync("/api/v1/lots/PO-4711"));
        await SameAsync("LotPage", await administrator.GetAsync("/api/v1/lots"));
        await SameAsync("Lot", await administrator.ReplaceAsync("/api/v1/lots/PO-4711", Example("LotChangeBody")));
        await SameAsync("Scrap", await administrator.PostAsJsonAsync("/api/v1/lots/PO-4711/scrap", Example("ScrapBody")));
        (await administrator.PostAsync("/api/v1/lots/PO-4711/closure", null)).EnsureSuccessStatusCode();
        var closed = JsonNode.Parse(await GetAsync(administrator, "/api/v1/lots/PO-4711/report", "application/json"))!;
        closed["units"]!.AsObject().Remove("list");
        Assert.Equal(NamesOf(Example("LotReport")), NamesOf(closed));

        static JsonNode Example(string name) =>
            JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src", "Provisioning.Server", "Swagger", "Examples", name + ".json")))!;

        static async Task SameAsync(string example, HttpResponseMessage answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, text);
            Assert.Equal(NamesOf(Example(example)), NamesOf(JsonNode.Parse(text)!));
        }

        static string NamesOf(JsonNode? node) => node switch
        {
            JsonObject json => string.Concat(json.Select(field => $"{field.Key}({NamesOf(field.Value)})")),
            JsonArray { Count: > 0 } list => NamesOf(list[0]),
            _ => "",
        };
    }

    private static JsonObject Order(string name, long quota, params string[] stations)
    {
        var now = DateTimeOffset.UtcNow;
        var body = new JsonObject
        {
            ["name"] = name,
            ["group"] = "default",
            ["quota"] = quota,
            ["opensAt"] = now.AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            ["closesAt"] = now.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        };
        if (stations.Length > 0) body["stations"] = new JsonArray([.. stations.Select(station => JsonValue.Create(station))]);
        return body;
    }

    private static async Task OpenAsync(HttpClient administrator, JsonObject body)
    {
        using var response = await administrator.PostAsJsonAsync("/api/v1/lots", body);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        Assert.Equal($"/api/v1/lots/{body["name"]}", response.Headers.Location?.OriginalString);
    }

    private static async Task<string> CloseNewAsync(HttpClient administrator, string name)
    {
        await OpenAsync(administrator, Order(name, 1));
        using var response = await administrator.PostAsync($"/api/v1/lots/{name}/closure", null);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private static string SignerOf(string report) =>
        (string)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(report.Split('.')[0]))!["x5c"]![0]!;

    private static async Task<long> ActivatedAsync(HttpClient administrator) =>
        (await administrator.GetFromJsonAsync<JsonElement>("/api/v1/lots/PO-1")).GetProperty("counts").GetProperty("activated").GetInt64();

    private static async Task<string> GetAsync(HttpClient client, string path, string accept)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue(accept) } } };
        using var response = await client.SendAsync(message);
        Assert.Equal(accept, response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsStringAsync();
    }

    private static Task<HttpResponseMessage> ScrapAsync(HttpClient client, string lot, params string[] units) =>
        client.PostAsJsonAsync($"/api/v1/lots/{lot}/scrap", new { units = units.Select(deviceId => new { deviceId }) });

    private static Task<HttpResponseMessage> TryEnrollAsync(TestServer server, string id, string lot) => server.Registrar()
        .PostAsJsonAsync("/api/v1/enrollments", new { deviceId = id, csr = Convert.ToBase64String(server.NewDevice(id).Request()), lot });

    private static Task<TestDevice> EnrollAsync(TestServer server, string id, string lot) =>
        server.NewDevice(id).EnrollAsync(server.Registrar(), lot);

    private static Task<AuditReport> AuditAsync(TestServer server) => new Auditor(
        server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(default);
}
