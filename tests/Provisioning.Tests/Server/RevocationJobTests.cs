using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server;

/// <summary>The revocation of many certificates, over the real server.</summary>
public sealed class RevocationJobTests
{
    private const string Path = "/api/v1/revocation-jobs";
    private static readonly string[] Pumps = ["pump-0", "pump-1", "pump-2"];

    [Fact]
    public async Task A_job_refuses_its_devices_on_open_connections_and_reaches_the_CRL()
    {
        await using var server = await TestServer.StartAsync();
        var clients = new List<HttpClient>();
        for (var i = 0; i < 3; i++)
        {
            var client = (await server.NewDevice($"pump-{i}").EnrollAsync(server.Registrar())).Client();
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/self")).StatusCode);
            clients.Add(client);
        }

        var other = (await server.NewDevice("valve-1").EnrollAsync(server.Registrar())).Client();
        var administrator = server.Administrator();
        var preview = await PreviewAsync(administrator, new { reason = "privilegeWithdrawn", filter = new { devices = Pumps } });
        Assert.Equal(3, preview.GetProperty("certificates").GetInt64());
        Assert.Equal(3, preview.GetProperty("byGroup").GetProperty("default").GetInt64());
        Assert.Equal(HttpStatusCode.OK, (await clients[0].GetAsync("/api/v1/self")).StatusCode);

        var job = await ConfirmAsync(administrator, preview);
        Assert.Equal(job.GetProperty("id").GetString(), (await ConfirmAsync(administrator, preview)).GetProperty("id").GetString());
        var ended = await EndAsync(administrator, job);
        Assert.Equal((3, 0), (ended.GetProperty("done").GetInt32(), ended.GetProperty("failed").GetInt32()));
        foreach (var client in clients)
            await Problem.IsAsync(await client.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/v1/self")).StatusCode);
        await TestServer.UntilAsync(() => server.Crl()?.Entries == 3, TimeSpan.FromMinutes(1));
        using var list = JsonDocument.Parse(await administrator.GetStringAsync(Path));
        Assert.Equal(job.GetProperty("id").GetString(), list.RootElement.GetProperty("items")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task The_examples_of_revocation_jobs_have_the_fields_that_answers_have()
    {
        await using var server = await TestServer.StartAsync();
        await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var administrator = server.Administrator();
        var preview = await PreviewAsync(administrator, new { reason = "superseded", filter = new { group = "default" } });
        Same("RevocationPreview", preview);
        Same("RevocationPreview", preview, "samples", "0");
        var job = await ConfirmAsync(administrator, preview);
        Same("RevocationJob", job);
        Same("RevocationJob", job, "filter");
        using var list = JsonDocument.Parse(await administrator.GetStringAsync(Path));
        Same("RevocationJobPage", list.RootElement);
        Same("RevocationJobPage", list.RootElement, "items", "0");

        static void Same(string example, JsonElement answer, params string[] place)
        {
            using var expected = JsonDocument.Parse(File.ReadAllText(
                System.IO.Path.Combine(Repository.Root, "src", "Provisioning.Server", "Swagger", "Examples", example + ".json")));
            Assert.Equal(Names(expected.RootElement, place), Names(answer, place));
        }

        static IEnumerable<string> Names(JsonElement element, string[] place) => place
            .Aggregate(element, (at, name) => at.ValueKind == JsonValueKind.Array ? at[int.Parse(name)] : at.GetProperty(name))
            .EnumerateObject().Select(field => field.Name);
    }

    [Fact]
    public async Task A_false_alarm_is_undone_by_the_release_of_what_the_job_has_held()
    {
        await using var server = await TestServer.StartAsync();
        var client = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        var administrator = server.Administrator();
        var hold = await RunAsync(administrator, new { reason = "certificateHold", filter = new { group = "default" } });
        await Problem.IsAsync(await client.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-on-hold");
        var release = await RunAsync(administrator, new { releases = hold.GetProperty("id").GetString() });
        Assert.Equal(("release", 1), (release.GetProperty("action").GetString(), release.GetProperty("done").GetInt32()));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/self")).StatusCode);
    }

    [Fact]
    public async Task A_confirmation_is_of_its_administrator_of_its_time_and_of_its_count()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await TestServer.StartAsync(time: time);
        await server.NewDevice("pump-0").EnrollAsync(server.Registrar());
        var administrator = server.Administrator();
        var order = new { reason = "superseded", filter = new { group = "default" } };
        var preview = await PreviewAsync(administrator, order);
        using (var second = await SecondAdministratorAsync(server))
            await Problem.IsAsync(await SendAsync(second, preview), HttpStatusCode.Conflict, "bad-confirmation");
        await Problem.IsAsync(
            await administrator.PostAsJsonAsync(Path, new { confirmationToken = new string('A', 64) }), HttpStatusCode.Conflict, "bad-confirmation");

        for (var i = 1; i <= 11; i++) await server.NewDevice($"pump-{i}").EnrollAsync(server.Registrar());
        time.Advance(TimeSpan.FromSeconds(1));
        await Problem.IsAsync(await SendAsync(administrator, preview), HttpStatusCode.Conflict, "count-changed");
        preview = await PreviewAsync(administrator, order);
        time.Advance(TimeSpan.FromMinutes(15));
        await Problem.IsAsync(await SendAsync(administrator, preview), HttpStatusCode.Conflict, "bad-confirmation");
        Assert.Equal("current", await StateAsync(administrator));
    }

    [Fact]
    public async Task TM_39_an_administrator_stops_a_job_whose_record_is_damaged()
    {
        await using var server = await TestServer.StartAsync(options => options.Revocation.SecondAdministratorAbove = 0);
        await server.NewDevice("pump-0").EnrollAsync(server.Registrar());
        var administrator = server.Administrator();
        var preview = await PreviewAsync(administrator, new { reason = "superseded", filter = new { group = "default" } });
        var job = (await ConfirmAsync(administrator, preview)).GetProperty("id").GetString();
        await server.Instance.Database.Writer.RunAsync(
            transaction => transaction.Sql("UPDATE revocation_jobs SET definition = '{'").Execute(), default);
        Assert.Equal(0, (await server.GetAsync(Path)).GetProperty("items").GetArrayLength());
        using var answer = await administrator.DeleteAsync($"{Path}/{job}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stopped = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("stopped", "administrator:admin"), (stopped.GetProperty("state").GetString(), stopped.GetProperty("stoppedBy").GetString()));
        Assert.Equal(JsonValueKind.Null, stopped.GetProperty("filter").ValueKind);
        Assert.Contains(server.Log.All, line => line.Contains($"revocation_jobs {job}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TM_39_whoever_asks_for_a_job_whose_record_is_damaged_is_told_so()
    {
        await using var server = await TestServer.StartAsync(options => options.Revocation.SecondAdministratorAbove = 0);
        await server.NewDevice("pump-0").EnrollAsync(server.Registrar());
        var administrator = server.Administrator();
        var preview = await PreviewAsync(administrator, new { reason = "certificateHold", filter = new { group = "default" } });
        var unused = await PreviewAsync(administrator, new { reason = "certificateHold", filter = new { group = "default" } });
        var job = (await ConfirmAsync(administrator, preview)).GetProperty("id").GetString();
        await server.Instance.Database.Writer.RunAsync(
            transaction => transaction.Sql("UPDATE revocation_jobs SET definition = '{'").Execute()
                + transaction.Sql("UPDATE revocation_previews SET definition = '{'").Execute(),
            default);

        using var second = await SecondAdministratorAsync(server);
        await Problem.IsAsync(await administrator.GetAsync($"{Path}/{job}"), HttpStatusCode.Conflict, "record-damaged");
        await Problem.IsAsync(await second.PostAsync($"{Path}/{job}/approval", null), HttpStatusCode.Conflict, "record-damaged");
        await Problem.IsAsync(await SendAsync(administrator, preview), HttpStatusCode.Conflict, "record-damaged");
        await Problem.IsAsync(
            await administrator.PostAsJsonAsync(Path + "/preview", new { releases = job }), HttpStatusCode.Conflict, "record-damaged");
        await Problem.IsAsync(await SendAsync(administrator, unused), HttpStatusCode.Conflict, "bad-confirmation");
        Assert.Single(server.Log.All, line => line.Contains($"revocation_jobs {job}", StringComparison.Ordinal));
        Assert.Contains("provisioning_storage_damaged_rows_total{table=\"revocation_jobs\"", await administrator.GetStringAsync("/metrics"), StringComparison.Ordinal);
        Assert.Equal("current", await StateAsync(administrator));
    }

    [Fact]
    public async Task TM_19_a_large_job_waits_for_a_second_administrator()
    {
        await using var server = await TestServer.StartAsync(options => options.Revocation.SecondAdministratorAbove = 1);
        for (var i = 0; i < 2; i++) await server.NewDevice($"pump-{i}").EnrollAsync(server.Registrar());
        var administrator = server.Administrator();
        var preview = await PreviewAsync(administrator, new { reason = "superseded", filter = new { group = "default" } });
        Assert.True(preview.GetProperty("needsApproval").GetBoolean());
        var job = await ConfirmAsync(administrator, preview);
        Assert.Equal("waiting", job.GetProperty("state").GetString());
        var approval = $"{Path}/{job.GetProperty("id").GetString()}/approval";
        await Problem.IsAsync(await administrator.PostAsync(approval, null), HttpStatusCode.Forbidden, "not-allowed");
        Assert.Equal("current", await StateAsync(administrator));

        using var second = await SecondAdministratorAsync(server);
        using var approved = await second.PostAsync(approval, null);
        Assert.Equal(HttpStatusCode.OK, approved.StatusCode);
        Assert.Equal(2, (await EndAsync(administrator, job)).GetProperty("done").GetInt32());
        Assert.Equal("revoked", await StateAsync(administrator));
    }

    [Theory]
    [InlineData("""{"reason":"superseded"}""", "bad-revocation-job", "/filter")]
    [InlineData("""{"reason":"superseded","filter":{}}""", "bad-revocation-job", "/filter")]
    [InlineData("""{"reason":"superseded","filter":{"devices":[]}}""", "bad-revocation-job", "/filter/devices")]
    [InlineData("""{"reason":"superseded","filter":{"devices":["a b"]}}""", "bad-revocation-job", "/filter/devices/0")]
    [InlineData("""{"reason":"superseded","filter":{"serialNumbers":["1","x"]}}""", "bad-revocation-job", "/filter/serialNumbers/1")]
    [InlineData("""{"reason":"superseded","filter":{"group":"a b"}}""", "bad-revocation-job", "/filter/group")]
    [InlineData("""{"reason":"superseded","filter":{"reservedFrom":"yesterday"}}""", "bad-revocation-job", "/filter/reservedFrom")]
    [InlineData("""{"reason":"removeFromCRL","filter":{"group":"default"}}""", "bad-reason", "/reason")]
    [InlineData("""{"reason":"superseded","releases":"00000000000000000000000000000000"}""", "bad-revocation-job", "/releases")]
    [InlineData("""{"releases":"7"}""", "bad-revocation-job", "/releases")]
    public async Task An_order_that_says_too_little_or_nonsense_previews_nothing(string body, string code, string field)
    {
        await using var server = await TestServer.StartAsync();
        using var content = new StringContent(body, null, "application/json");
        using var answer = await server.Administrator().PostAsync(Path + "/preview", content);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal((422, code), ((int)answer.StatusCode, problem.RootElement.GetProperty("code").GetString()));
        Assert.Contains(field, problem.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_but_administrators_works_with_revocation_jobs()
    {
        await using var server = await TestServer.StartAsync();
        var body = new { reason = "superseded", filter = new { group = "default" } };
        var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        foreach (var caller in new[] { server.Registrar(), device })
        {
            await Problem.IsAsync(await caller.PostAsJsonAsync(Path + "/preview", body), HttpStatusCode.Forbidden, "not-allowed");
            await Problem.IsAsync(await caller.GetAsync(Path), HttpStatusCode.Forbidden, "not-allowed");
        }
    }

    private static async Task<JsonElement> RunAsync(HttpClient administrator, object order) =>
        await EndAsync(administrator, await ConfirmAsync(administrator, await PreviewAsync(administrator, order)));

    private static async Task<JsonElement> PreviewAsync(HttpClient administrator, object order) =>
        await ReadAsync(await administrator.PostAsJsonAsync(Path + "/preview", order), HttpStatusCode.OK);

    private static Task<HttpResponseMessage> SendAsync(HttpClient administrator, JsonElement preview) =>
        administrator.PostAsJsonAsync(Path, new { confirmationToken = preview.GetProperty("confirmationToken").GetString() });

    private static async Task<JsonElement> ConfirmAsync(HttpClient administrator, JsonElement preview) =>
        await ReadAsync(await SendAsync(administrator, preview), HttpStatusCode.Created);

    private static async Task<JsonElement> EndAsync(HttpClient administrator, JsonElement job)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var now = await ReadAsync(await administrator.GetAsync($"{Path}/{job.GetProperty("id").GetString()}", limit.Token), HttpStatusCode.OK);
            if (now.GetProperty("state").GetString() == "finished") return now;
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, HttpStatusCode wanted)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == wanted, $"{(int)answer.StatusCode} {text}");
            return JsonDocument.Parse(text).RootElement;
        }
    }

    // The first of the devices' certificates, whatever it is.
    private static async Task<string> StateAsync(HttpClient administrator)
    {
        using var list = JsonDocument.Parse(await administrator.GetStringAsync("/api/v1/certificates?holder=pump-0&limit=1"));
        var state = list.RootElement.GetProperty("items")[0].GetProperty("state").GetString()!;
        return state == "issued" ? "current" : state;
    }

    private static async Task<HttpClient> SecondAdministratorAsync(TestServer server)
    {
        var person = server.NewDevice("second");
        using var answer = await server.Administrator().PostAsJsonAsync(
            "/api/v1/principals", new { name = "second", kind = "administrator", csr = Convert.ToBase64String(person.Request()) });
        await person.TakeAsync(answer);
        return person.Client();
    }
}
