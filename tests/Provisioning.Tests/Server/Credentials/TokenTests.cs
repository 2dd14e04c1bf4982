using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Enrollment tokens, over the real server.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.OpenGroupAsync();
    }

    public ValueTask DisposeAsync()
    {
        _key.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task A_token_enrolls_one_device_and_a_retry_with_the_same_key_gets_the_same_certificate()
    {
        var client = _server.WithToken(await _server.CreateTokenAsync(new { group = "pumps" }));

        var first = await CredentialCalls.SerialAsync(await client.EnrollAsync("pump-1", _key));
        var retried = await CredentialCalls.SerialAsync(await client.EnrollAsync("pump-1", _key));

        Assert.Equal(first, retried);
        await Problem.IsAsync(await client.EnrollAsync("pump-2"), HttpStatusCode.Forbidden, "token-exhausted");
        var device = await _server.GetAsync("/api/v1/devices/pump-1");
        Assert.Equal("pumps", device.GetProperty("group").GetString());
    }

    [Fact]
    public async Task TM_05_of_100_parallel_uses_of_a_one_time_token_one_is_201()
    {
        var token = await _server.CreateTokenAsync(new { group = "pumps" });
        var client = _server.WithToken(token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.EnrollUntilServedAsync($"pump-{i}")));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var loser in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            await Problem.IsAsync(loser, HttpStatusCode.Forbidden, "token-exhausted");
        var row = await _server.GetAsync("/api/v1/tokens/" + token.Split('.')[1]);
        Assert.Equal(1, row.GetProperty("used").GetInt64());
        Assert.Equal("used", row.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_token_enrolls_only_what_it_is_made_for()
    {
        var own = Convert.ToHexString(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));
        var one = _server.WithToken(await _server.CreateTokenAsync(new { group = "pumps", deviceId = "pump-1" }));
        var some = _server.WithToken(await _server.CreateTokenAsync(new { group = "pumps", deviceIdPattern = "fan-[0-9]+" }));
        var keyed = _server.WithToken(await _server.CreateTokenAsync(new { group = "pumps", keyThumbprint = own, uses = 2 }));

        await Problem.IsAsync(await one.EnrollAsync("pump-2"), HttpStatusCode.Forbidden, "not-expected");
        await Problem.IsAsync(await some.EnrollAsync("fan-x"), HttpStatusCode.Forbidden, "not-expected");
        await Problem.IsAsync(await keyed.EnrollAsync("valve-1"), HttpStatusCode.Forbidden, "key-mismatch");
        await Problem.IsAsync(
            await one.EnrollAsync("pump-1", _key, new { group = "default" }), HttpStatusCode.Forbidden, "outside-scope");
        await CredentialCalls.SerialAsync(await keyed.EnrollAsync("valve-1", _key));
        await CredentialCalls.SerialAsync(await some.EnrollAsync("fan-7"));
    }

    [Fact]
    public async Task TM_27_unknown_revoked_and_malformed_tokens_have_one_answer()
    {
        var revoked = await _server.CreateTokenAsync(new { group = "pumps" });
        using (var answer = await _server.Administrator().DeleteAsync("/api/v1/tokens/" + revoked.Split('.')[1]))
            Assert.Equal("revoked", (await CredentialCalls.BodyAsync(answer)).GetProperty("state").GetString());
        var known = await _server.CreateTokenAsync(new { group = "pumps" });
        string[] bad =
        [
            revoked, known[..^1] + (known[^1] == '0' ? '1' : '0'), Core.Credentials.TokenText.NewRandom().Value,
            "", "x", known.ToLowerInvariant(), known + "A", known + " " + known, "PVT1..", new string('A', 7000),
        ];

        var bodies = new HashSet<string>();
        foreach (var token in bad)
        {
            var response = await _server.WithToken(token).EnrollAsync("pump-1", _key);
            bodies.Add(await response.Content.ReadAsStringAsync());
            Assert.Equal(["ClientCertificate", "Bearer error=\"invalid_token\""], response.Headers.WwwAuthenticate.Select(one => one.ToString()));
            await Problem.IsAsync(response, HttpStatusCode.Unauthorized, "bad-token");
        }

        Assert.Single(bodies);
        await CredentialCalls.SerialAsync(await _server.WithToken(known).EnrollAsync("pump-1", _key));
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer x")]
    [InlineData("BEARER\tx")]
    [InlineData("Bearer=x")]
    [InlineData("Bearer,Basic x")]
    public async Task A_malformed_bearer_header_is_never_ignored(string header)
    {
        var client = _server.Anonymous();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);

        await Problem.IsAsync(await client.GetAsync("/api/v1/self"), HttpStatusCode.Unauthorized, "bad-token");
    }

    [Fact]
    public async Task Who_shows_a_certificate_and_a_token_at_once_is_refused()
    {
        var registrar = _server.Registrar();
        registrar.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + await _server.CreateTokenAsync(new { group = "pumps" }));

        await Problem.IsAsync(await registrar.EnrollAsync("pump-1"), HttpStatusCode.BadRequest, "two-credentials");
    }

    [Fact]
    public async Task A_header_of_another_scheme_is_not_for_this_service()
    {
        var registrar = _server.Registrar();
        registrar.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Basic Zm9vOmJhcg==");

        await CredentialCalls.SerialAsync(await registrar.EnrollAsync("pump-1"));
    }

    [Fact]
    public async Task That_a_token_has_expired_hears_only_who_knows_its_secret()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        await server.OpenGroupAsync();
        var token = await server.CreateTokenAsync(new { group = "pumps", lifetime = "PT1H" });
        time.Advance(TimeSpan.FromHours(1));

        await Problem.IsAsync(await server.WithToken(token).EnrollAsync("pump-1"), HttpStatusCode.Unauthorized, "token-expired");
        var wrong = token[..^1] + (token[^1] == '0' ? '1' : '0');
        await Problem.IsAsync(await server.WithToken(wrong).EnrollAsync("pump-1"), HttpStatusCode.Unauthorized, "bad-token");
    }

    [Fact]
    public async Task TM_26_failed_tokens_count_against_the_address_and_lock_out_no_device()
    {
        await using var server = await TestServer.StartAsync(options => (options.Limits.Anonymous.PerSecond, options.Limits.Anonymous.Burst) = (1, 5));
        await server.OpenGroupAsync();
        var good = server.WithToken(await server.CreateTokenAsync(new { group = "pumps", deviceId = "pump-1" }));
        var device = await server.NewDevice("pump-0").EnrollAsync(server.Registrar());
        var attacker = server.WithToken(Core.Credentials.TokenText.NewRandom().Value);

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++)
        {
            using var response = await attacker.EnrollAsync("pump-1");
            statuses.Add(response.StatusCode);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);
        await CredentialCalls.SerialAsync(await good.EnrollAsync("pump-1"));
    }

    [Fact]
    public async Task A_token_with_its_own_bucket_is_told_to_slow_down()
    {
        await using var server = await TestServer.StartAsync(options => (options.Limits.Token.PerSecond, options.Limits.Token.Burst) = (1, 2));
        await server.OpenGroupAsync();
        var one = server.WithToken(await server.CreateTokenAsync(new { group = "pumps", uses = 10 }));
        var other = server.WithToken(await server.CreateTokenAsync(new { group = "pumps" }));

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 8; i++)
        {
            using var response = await one.EnrollAsync($"pump-{i}");
            statuses.Add(response.StatusCode);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        await CredentialCalls.SerialAsync(await other.EnrollAsync("fan-1"));
    }

    [Fact]
    public async Task Tokens_are_listed_by_group_and_state_without_their_texts()
    {
        await _server.OpenGroupAsync("fans");
        var made = await _server.CreateTokensAsync(new { group = "pumps", count = 1000, note = "shift 1" });
        await _server.CreateTokenAsync(new { group = "fans" });
        Assert.Equal(1000, made.Select(token => token.GetProperty("token").GetString()).Distinct().Count());
        var used = made[3];
        await CredentialCalls.SerialAsync(await _server.WithToken(used.GetProperty("token").GetString()!).EnrollAsync("pump-1"));

        var seen = new HashSet<string>();
        string? cursor = null;
        do
        {
            var page = await _server.GetAsync($"/api/v1/tokens?group=pumps&state=active&limit=300{(cursor is null ? "" : "&cursor=" + cursor)}");
            Assert.DoesNotContain("PVT1.", page.GetRawText(), StringComparison.Ordinal);
            foreach (var item in page.GetProperty("items").EnumerateArray()) Assert.True(seen.Add(item.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(999, seen.Count);
        Assert.DoesNotContain(used.GetProperty("id").GetString()!, seen);
    }

    [Theory]
    [InlineData("group", """{"group":"default"}""", 422, "bad-credential")]
    [InlineData("group", """{"group":"nowhere"}""", 422, "unknown-group")]
    [InlineData("lot", """{"group":"pumps","lot":"none"}""", 422, "unknown-lot")]
    [InlineData("deviceId", """{"group":"pumps","deviceId":"a b"}""", 422, "bad-credential")]
    [InlineData("deviceIdPattern", """{"group":"pumps","deviceIdPattern":"(?=a)"}""", 422, "bad-credential")]
    [InlineData("keyThumbprint", """{"group":"pumps","keyThumbprint":"00"}""", 422, "bad-credential")]
    [InlineData("uses", """{"group":"pumps","uses":0}""", 422, "bad-credential")]
    [InlineData("uses", """{"group":"pumps","uses":1000001}""", 422, "bad-credential")]
    [InlineData("count", """{"group":"pumps","count":1001}""", 422, "bad-credential")]
    [InlineData("lifetime", """{"group":"pumps","lifetime":"P401D"}""", 422, "bad-credential")]
    [InlineData("lifetime", """{"group":"pumps","lifetime":"-PT1H"}""", 422, "bad-credential")]
    [InlineData("lifetime", """{"group":"pumps","lifetime":"1 day"}""", 422, "bad-credential")]
    [InlineData("expiresAt", """{"group":"pumps","expiresAt":"2020-01-01T00:00:00Z"}""", 422, "bad-credential")]
    [InlineData("expiresAt", """{"group":"pumps","expiresAt":"tomorrow"}""", 422, "bad-credential")]
    public async Task A_definition_that_cannot_be_used_is_refused_with_its_field(string field, string body, int status, string code)
    {
        using var content = new StringContent(body, null, "application/json");
        using var response = await _server.Administrator().PostAsync("/api/v1/tokens", content);

        Assert.Equal("/" + field, (await CredentialCalls.BodyAsync(response, (HttpStatusCode)status)).GetProperty("pointer").GetString());
        await Problem.IsAsync(response, (HttpStatusCode)status, code);
    }

    [Fact]
    public async Task A_token_can_be_had_as_text_and_as_a_picture_for_its_label()
    {
        var admin = _server.Administrator();
        var text = await (await SendAsync(admin, "text/plain", new { group = "pumps", count = 3 })).Content.ReadAsStringAsync();
        Assert.Equal(3, text.TrimEnd('\n').Split('\n').Count(line => Core.Credentials.TokenText.TryParse(line, out _)));

        var png = await SendAsync(admin, "image/png", new { group = "pumps" });
        Assert.Equal("image/png", png.Content.Headers.ContentType!.MediaType);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], (await png.Content.ReadAsByteArrayAsync())[..8]);
        await Problem.IsAsync(await SendAsync(admin, "image/png", new { group = "pumps", count = 2 }), HttpStatusCode.UnprocessableEntity, "bad-credential");

        var inside = (await _server.CreateTokensAsync(new { group = "pumps", qrCode = true })).Single();
        Assert.Equal("iVBORw0KGgo", inside.GetProperty("qrCode").GetString()![..11]);
    }

    [Fact]
    public async Task A_token_may_do_nothing_but_enroll()
    {
        var client = _server.WithToken(await _server.CreateTokenAsync(new { group = "pumps" }));

        await EverywhereElse.IsRefusedAsync(_server, client);
    }

    [Fact]
    public async Task A_token_that_is_revoked_while_its_request_is_on_its_way_enrolls_nobody()
    {
        var token = (await _server.CreateTokensAsync(new { group = "pumps" })).Single();
        var text = token.GetProperty("token").GetString()!;
        Assert.True(Core.Credentials.TokenText.TryParse(text, out var parsed));
        var row = (await _server.Instance.Database.Tokens.FindTokenAsync(parsed.Id, default))!.Value.Token;
        await _server.Administrator().DeleteAsync("/api/v1/tokens/" + parsed.Id);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=pump-1", key, HashAlgorithmName.SHA256).CreateSigningRequest();

        // What was identified before the revocation comes to the reserve transaction after it.
        var enrollments = (Core.Enrollment.EnrollmentService)_server.Services.GetService(typeof(Core.Enrollment.EnrollmentService))!;
        var outcome = await enrollments.EnrollAsync(new Core.Enrollment.Caller.Token(row), new Core.Enrollment.EnrollmentRequest("pump-1", csr));

        Assert.False(outcome.TryGet(out _, out var refusal));
        Assert.Equal(Core.Enrollment.RefusalCode.BadToken, refusal.Code);
        Assert.Empty((await _server.Instance.Database.Certificates.ListAsync(new CertificateQuery { Holder = "pump-1" }, default)).Items);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string accept, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tokens") { Content = JsonContent.Create(body) };
        request.Headers.Add("Accept", accept);
        return await client.SendAsync(request);
    }
}
