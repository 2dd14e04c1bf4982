using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Registrars of one's own, and what they are limited to, over the real server.</summary>
public sealed class RegistrarScopeTests
{
    [Fact]
    public async Task Each_station_has_a_credential_of_its_own()
    {
        await using var server = await TestServer.StartAsync();
        using var one = await server.AddPrincipalAsync("station-1");
        using var two = await server.AddPrincipalAsync("station-2");
        await server.LimitAsync("station-1", """{"deviceIdPatterns":["a-.*"]}""");
        using var first = server.Client(one);
        using var second = server.Client(two);

        await Problem.IsAsync(await first.EnrollAsync("b-1"), HttpStatusCode.Forbidden, "outside-scope");
        await CredentialCalls.SerialAsync(await second.EnrollAsync("b-1"));

        var certificates = (await server.GetAsync("/api/v1/certificates?holder=b-1")).GetProperty("items");
        Assert.Equal("registrar:station-2", certificates[0].GetProperty("requester").GetString());
    }

    [Fact]
    public async Task A_new_administrator_administers_and_nobody_else_makes_one()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("alice", "administrator");
        using var alice = server.Client(certificate);
        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/api/v1/devices")).StatusCode);

        var body = new { name = "mallory", kind = "administrator", csr = CertificateCalls.Csr("mallory", ECDsa.Create(ECCurve.NamedCurves.nistP256)) };
        await Problem.IsAsync(await server.Registrar().PostAsJsonAsync("/api/v1/principals", body), HttpStatusCode.Forbidden, "not-allowed");
        await Problem.IsAsync(await server.Anonymous().PostAsJsonAsync("/api/v1/principals", body), HttpStatusCode.Unauthorized, "no-credential");
        Assert.DoesNotContain("mallory", (await server.GetAsync("/api/v1/principals")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_cannot_be_granted_adds_nobody()
    {
        await using var server = await TestServer.StartAsync();
        var admin = server.Administrator();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        async Task RefusedAsync(string name, string kind, string csr, HttpStatusCode status, string code) =>
            await Problem.IsAsync(await admin.PostAsJsonAsync("/api/v1/principals", new { name, kind, csr }), status, code);

        await RefusedAsync("x y", "registrar", CertificateCalls.Csr("x", key), HttpStatusCode.BadRequest, "bad-name");
        await RefusedAsync("station", "service", CertificateCalls.Csr("station", key), HttpStatusCode.UnprocessableEntity, "bad-credential");
        await RefusedAsync("station", "registrar", CertificateCalls.Csr("other", key), HttpStatusCode.Forbidden, "identity-mismatch");
        await RefusedAsync("station", "registrar", "nonsense", HttpStatusCode.BadRequest, "malformed");
        await RefusedAsync("admin", "registrar", CertificateCalls.Csr("admin", key), HttpStatusCode.Conflict, "already-exists");

        var names = (await server.GetAsync("/api/v1/principals")).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString());
        Assert.Equal(["admin", "factory-line"], names);
    }

    [Fact]
    public async Task TM_12_a_registrar_for_one_group_is_refused_in_another_and_the_log_says_so()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync("pumps");
        await server.OpenGroupAsync("fans");
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"groups":["pumps"],"deviceIdPatterns":["p-[0-9]+"]}""");
        using var station = server.Client(certificate);

        foreach (var (device, group) in new[] { ("p-1", "fans"), ("f-1", "pumps"), ("p-1", "default") })
            await Problem.IsAsync(await station.EnrollAsync(device, ECDsa.Create(), new { group }), HttpStatusCode.Forbidden, "outside-scope");

        Assert.Equal(3, server.Log.All.Count(line => line.Contains("Refused outside-scope for registrar:station-1", StringComparison.Ordinal)));
        await CredentialCalls.SerialAsync(await station.EnrollAsync("p-1", ECDsa.Create(), new { group = "pumps" }));
    }

    [Fact]
    public async Task Limits_are_changed_from_the_version_that_was_read()
    {
        await using var server = await TestServer.StartAsync();
        var admin = server.Administrator();
        const string path = "/api/v1/principals/factory-line", limits = path + "/scope";
        using var read = await admin.GetAsync(path);
        var tag = read.Headers.ETag!.Tag;

        await Problem.IsAsync(await admin.ReplaceAsync(limits, """{"dailyLimit":5}""", null), HttpStatusCode.PreconditionRequired, "precondition-required");
        using var changed = await admin.ReplaceAsync(limits, """{"dailyLimit":5}""", tag);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        await Problem.IsAsync(await admin.ReplaceAsync(limits, """{"dailyLimit":6}""", tag), HttpStatusCode.PreconditionFailed, "precondition-failed");
        using var late = new HttpRequestMessage(HttpMethod.Delete, limits) { Headers = { { "If-Match", tag } } };
        await Problem.IsAsync(await admin.SendAsync(late), HttpStatusCode.PreconditionFailed, "precondition-failed");

        Assert.Equal(5, (await server.GetAsync(path)).GetProperty("scope").GetProperty("dailyLimit").GetInt32());
        Assert.Equal("\"2\"", changed.Headers.ETag!.Tag);
    }

    [Theory]
    [InlineData("groups")]
    [InlineData("lots")]
    [InlineData("deviceIdPatterns")]
    [InlineData("networks")]
    public async Task A_null_in_a_list_of_limits_is_pointed_to(string list)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await server.Administrator().ReplaceAsync("/api/v1/principals/factory-line/scope", $$"""{"{{list}}":[null]}""");

        var problem = await Problem.OfAsync(answer, 400, "malformed");
        Assert.Equal($"/{list}/0", problem.GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task TM_12_the_daily_limit_is_exact_under_50_parallel_requests_and_new_the_next_day()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(DateTime.UtcNow.Date.AddHours(12), TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"dailyLimit":10}""");
        using var station = server.Client(certificate);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => station.EnrollAsync($"p-{i}")));

        Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
        {
            Assert.Equal(TimeSpan.FromHours(12), refused.Headers.RetryAfter!.Delta);
            await Problem.IsAsync(refused, HttpStatusCode.TooManyRequests, "daily-limit");
        }

        time.Advance(TimeSpan.FromHours(12));
        await CredentialCalls.SerialAsync(await station.EnrollAsync("p-next"));
    }

    [Fact]
    public async Task TM_12_a_registrar_is_refused_outside_its_hours_and_its_network()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(DateTime.UtcNow.Date.AddHours(12), TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        using var certificate = await server.AddPrincipalAsync("station-1");
        using var station = server.Client(certificate);

        await server.LimitAsync("station-1", """{"hours":"06:00-14:00"}""");
        await CredentialCalls.SerialAsync(await station.EnrollAsync("p-1"));
        time.Advance(TimeSpan.FromHours(2));
        await Problem.IsAsync(await station.EnrollAsync("p-2"), HttpStatusCode.Forbidden, "outside-hours");
        await Problem.IsAsync(await station.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "outside-hours");
        await server.LimitAsync("station-1", """{"hours":"06:00-14:00-01:00"}""");
        await CredentialCalls.SerialAsync(await station.EnrollAsync("p-2"));

        await server.LimitAsync("station-1", """{"networks":["192.0.2.0/24"]}""");
        await Problem.IsAsync(await station.EnrollAsync("p-3"), HttpStatusCode.Forbidden, "outside-network");
        await server.LimitAsync("station-1", """{"networks":["192.0.2.0/24","127.0.0.0/8"]}""");
        await CredentialCalls.SerialAsync(await station.EnrollAsync("p-3"));
    }

    [Fact]
    public async Task TM_12_a_limit_bites_on_requests_that_are_on_their_way()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        using var station = server.Client(certificate);
        var principal = (await server.Instance.Database.Principals.FindPrincipalAsync("station-1", default))!;
        await server.LimitAsync("station-1", """{"groups":[]}""");
        Assert.True(Core.Certificates.SerialNumber.TryParse(certificate.SerialNumber, out var serial));

        // Identified before the limit was set, decided after it.
        var caller = new Core.Enrollment.Caller.Registrar("station-1") { Revision = principal.Revision, Certificate = serial };
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=p-1", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        var enrollments = (Core.Enrollment.EnrollmentService)server.Services.GetService(typeof(Core.Enrollment.EnrollmentService))!;
        var outcome = await enrollments.EnrollAsync(caller, new Core.Enrollment.EnrollmentRequest("p-1", csr));

        Assert.False(outcome.TryGet(out _, out var refusal));
        Assert.Equal(Core.Enrollment.RefusalCode.PolicyChanged, refusal.Code);
        await Problem.IsAsync(await station.EnrollAsync("p-1"), HttpStatusCode.Forbidden, "outside-scope");
    }

    [Fact]
    public async Task TM_12_a_limit_set_under_load_lets_nothing_through_after_its_answer()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        using var station = server.Client(certificate);
        var running = Enumerable.Range(0, 60).Select(i => station.EnrollAsync($"early-{i}")).ToList();

        await server.LimitAsync("station-1", """{"deviceIdPatterns":["none"]}""");
        var late = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => station.EnrollAsync($"late-{i}")));

        foreach (var refused in late) await Problem.IsAsync(refused, HttpStatusCode.Forbidden, "outside-scope");
        foreach (var early in await Task.WhenAll(running))
            Assert.True(early.StatusCode is HttpStatusCode.Created or HttpStatusCode.Forbidden or HttpStatusCode.Conflict, $"{early.StatusCode}");
    }
}
