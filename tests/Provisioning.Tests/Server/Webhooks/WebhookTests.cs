using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Provisioning.Server.Configuration;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Webhooks;

/// <summary>Events are brought to receivers, over the real server, to a real HTTP server.</summary>
public sealed class WebhookTests
{
    private static readonly string[] OnlyRevoked = ["provisioning.certificate.revoked"];

    [Fact]
    public async Task Every_event_is_brought_in_order_until_it_is_taken_signed_and_with_the_same_id()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await TestServer.StartAsync(Configure);
        var webhook = await AddAsync(server, receiver.Url);
        var failures = 2;
        receiver.Answer = _ => Interlocked.Decrement(ref failures) >= 0 ? Results.StatusCode(503) : Results.NoContent();
        foreach (var device in new[] { "pump-1", "pump-2", "pump-3" }) await RevokeAsync(server, device);

        await UntilAsync(() => receiver.Taken.Count == 3);
        Assert.Equal(5, receiver.Seen.Count);
        Assert.Single(receiver.Seen.Take(3).Select(message => message.Id).Distinct());
        Assert.Equal(["pump-1", "pump-2", "pump-3"], receiver.Taken.Select(message => Text(message.Json, "subject")));
        Assert.All(receiver.Seen, message =>
        {
            Assert.Equal(1, message.SignedBy(Text(webhook, "secret")));
            Assert.Equal(message.Id, Text(message.Json, "id"));
            Assert.Equal("application/cloudevents+json; charset=utf-8", message.ContentType);
        });
        await UntilAsync(async () => Text(await ReadAsync(server, webhook), "delivered") == receiver.Taken[^1].Id);
        var told = (await server.GetAsync("/api/v1/revocations")).GetProperty("items").EnumerateArray().Select(one => one.GetRawText());
        Assert.Equal(told, receiver.Taken.Select(message => message.Json.GetRawText()));
        var deliveries = (await server.GetAsync($"/api/v1/webhooks/{Text(webhook, "id")}/deliveries")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([true, true, true, false, false], deliveries.Select(one => one.GetProperty("taken").GetBoolean()));
        Assert.Equal("503", Text(deliveries[^1], "status"));
    }

    [Fact]
    public async Task I_25_a_dead_receiver_holds_up_no_other_is_given_up_and_begins_again_where_it_was()
    {
        await using var dead = await Receiver.StartAsync();
        await using var living = await Receiver.StartAsync();
        dead.Answer = _ => Results.StatusCode(500);
        await using var server = await TestServer.StartAsync(options =>
        {
            Configure(options);
            (options.Webhooks.LongestPause, options.Webhooks.GiveUpAfter) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(300));
        });
        var given = await AddAsync(server, dead.Url);
        await AddAsync(server, living.Url);
        await RevokeAsync(server, "pump-1");
        await RevokeAsync(server, "pump-2");
        await UntilAsync(() => living.Taken.Count == 2);
        await UntilAsync(async () => (await ReadAsync(server, given)).GetProperty("pausedAt").ValueKind == JsonValueKind.String);
        Assert.Contains(server.Log.All, line => line.Contains("was given up", StringComparison.Ordinal));
        Assert.Single(dead.Seen.Select(message => message.Id).Distinct());

        dead.Answer = _ => Results.Ok();
        using (var resumed = await server.Administrator().PostAsync($"/api/v1/webhooks/{Text(given, "id")}/resumption", null))
            await CredentialCalls.BodyAsync(resumed);
        await UntilAsync(() => dead.Taken.Count == 2);
        Assert.Equal(living.Taken.Select(message => message.Id), dead.Taken.Select(message => message.Id));
    }

    [Fact]
    public async Task What_a_receiver_has_not_taken_is_brought_after_a_restart_and_when_it_is_enabled_again()
    {
        await using var receiver = await Receiver.StartAsync();
        var folder = Directory.CreateTempSubdirectory("provisioning-webhooks-").FullName;
        string id;
        await using (var server = await TestServer.StartAsync(Configure, directory: folder))
        {
            var webhook = await AddAsync(server, receiver.Url);
            id = Text(webhook, "id");
            await ChangeAsync(server, id, new { url = receiver.Url, enabled = false, types = OnlyRevoked }, "*");
            await RevokeAsync(server, "pump-1");
        }

        await using (var server = await TestServer.StartAsync(Configure, directory: folder))
        {
            using (var held = await server.Administrator().PostAsJsonAsync("/api/v1/devices/pump-1/decommission", new { })) Assert.True(held.IsSuccessStatusCode);
            Assert.Empty(receiver.Seen);
            await ChangeAsync(server, id, new { url = receiver.Url, types = OnlyRevoked }, "\"2\"");
            await RevokeAsync(server, "pump-2");
            await UntilAsync(() => receiver.Taken.Count == 2);
            Assert.Equal(["pump-1", "pump-2"], receiver.Taken.Select(message => Text(message.Json, "subject")));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_receiver_says_when_to_come_back_and_that_it_wants_nothing_any_more()
    {
        await using var busy = await Receiver.StartAsync();
        await using var gone = await Receiver.StartAsync();
        busy.Answer = message => new Busy();
        gone.Answer = _ => Results.StatusCode(410);
        await using var server = await TestServer.StartAsync(Configure);
        var (later, never) = (await AddAsync(server, busy.Url), await AddAsync(server, gone.Url));
        await RevokeAsync(server, "pump-1");
        await UntilAsync(async () => (await ReadAsync(server, never)).GetProperty("pausedAt").ValueKind == JsonValueKind.String);
        Assert.Single(gone.Seen);
        await UntilAsync(async () => (await ReadAsync(server, later)).GetProperty("nextAttemptAt").ValueKind == JsonValueKind.String);
        var next = (await ReadAsync(server, later)).GetProperty("nextAttemptAt").GetDateTimeOffset();
        Assert.InRange(next - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(11));
    }

    [Fact]
    public async Task How_far_the_farthest_webhook_is_behind_is_a_metric()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = _ => Results.StatusCode(503);
        await using var server = await TestServer.StartAsync(Configure);
        await AddAsync(server, receiver.Url);
        foreach (var device in new[] { "pump-1", "pump-2", "pump-3" }) await RevokeAsync(server, device);
        await UntilAsync(async () => (await server.Administrator().GetStringAsync("/metrics"))
            .Split('\n').Any(line => line.StartsWith("provisioning_webhooks_behind", StringComparison.Ordinal) && line.EndsWith(" 3", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TM_36_redirects_are_not_followed_and_names_that_lead_inside_are_not_connected_to()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await TestServer.StartAsync(options =>
        {
            Configure(options);
            options.Webhooks.Hosts.Clear();
            options.Webhooks.Hosts.Add("localhost");
        });
        var problem = await TryAddAsync(server, receiver.Url);
        await Problem.IsAsync(problem, HttpStatusCode.UnprocessableEntity, "bad-webhook");
        var webhook = await AddAsync(server, receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        var tried = await TestAsync(server, webhook);
        Assert.False(tried.GetProperty("taken").GetBoolean());
        Assert.Contains("no address that the operator allows", Text(tried, "problem"), StringComparison.Ordinal);
        Assert.Empty(receiver.Seen);

        await using var open = await TestServer.StartAsync(Configure);
        receiver.Answer = message => message.Path == "/hook" ? Results.Redirect(receiver.Url + "/inside", preserveMethod: true) : Results.Ok();
        tried = await TestAsync(open, await AddAsync(open, receiver.Url));
        Assert.Equal(("307", false), (Text(tried, "status"), tried.GetProperty("taken").GetBoolean()));
        Assert.Equal("/hook", Assert.Single(receiver.Seen).Path);
        await using var closed = await TestServer.StartAsync();
        await Problem.IsAsync(await TryAddAsync(closed, "https://hooks.plant.example/"), HttpStatusCode.UnprocessableEntity, "bad-webhook");
    }

    [Fact]
    public async Task TM_36_nothing_in_the_certificate_of_a_receiver_makes_the_service_fetch_anything()
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        using var certificate = OfUnknownIssuer($"http://127.0.0.1:{((IPEndPoint)canary.LocalEndpoint).Port}/");
        await using var receiver = await Receiver.StartAsync(certificate);
        await using var server = await TestServer.StartAsync(Configure);

        var tried = await TestAsync(server, await AddAsync(server, receiver.Url));

        Assert.Contains("TLS with the receiver failed", Text(tried, "problem"), StringComparison.Ordinal);
        Assert.Empty(receiver.Seen);
        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task TM_16_a_secret_is_told_once_replaced_with_an_overlap_and_in_no_file_of_the_service()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await TestServer.StartAsync(Configure);
        var webhook = await AddAsync(server, receiver.Url);
        var (path, old) = ("/api/v1/webhooks/" + Text(webhook, "id"), Text(webhook, "secret"));
        Assert.False((await server.GetAsync(path)).TryGetProperty("secret", out _));
        var renewed = await RotateAsync(server, path, "P1D");
        Assert.NotEqual(old, renewed);
        await TestAsync(server, webhook);
        Assert.Equal((1, 1), (receiver.Taken[^1].SignedBy(old), receiver.Taken[^1].SignedBy(renewed)));
        var last = await RotateAsync(server, path, "PT0S");
        await TestAsync(server, webhook);
        Assert.Equal((0, 0, 1), (receiver.Taken[^1].SignedBy(old), receiver.Taken[^1].SignedBy(renewed), receiver.Taken[^1].SignedBy(last)));
        foreach (var secret in new[] { old, renewed, last })
        {
            byte[][] forms = [System.Text.Encoding.ASCII.GetBytes(secret), Convert.FromBase64String(secret["whsec_".Length..])];
            foreach (var file in Directory.EnumerateFiles(server.Instance.Data.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var content = new MemoryStream();
                await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
                Assert.All(forms, form => Assert.True(content.GetBuffer().AsSpan(0, (int)content.Length).IndexOf(form) < 0, file));
            }
        }

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Instance.Data.KeyFile("webhooks")));
        Assert.DoesNotContain(server.Log.All, line => line.Contains(old, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_webhook_is_changed_by_version_and_taken_away_and_the_examples_have_the_fields_that_answers_have()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await TestServer.StartAsync(Configure);
        var webhook = await AddAsync(server, receiver.Url);
        var path = "/api/v1/webhooks/" + Text(webhook, "id");
        var body = new { url = receiver.Url, description = "Line 7" };
        await Problem.IsAsync(await server.Administrator().PutAsJsonAsync(path, body), (HttpStatusCode)428, "precondition-required");
        await ChangeAsync(server, Text(webhook, "id"), body, "\"1\"");
        await Problem.IsAsync(await SendAsync(server, HttpMethod.Put, path, body, "\"1\""), HttpStatusCode.PreconditionFailed, "precondition-failed");
        foreach (var bad in new object[] { new { url = receiver.Url, types = new[] { "x" } }, new { url = receiver.Url, description = "a\nb" }, new { url = "http://10.9.9.9/" } })
            await Problem.IsAsync(await SendAsync(server, HttpMethod.Put, path, bad, "*"), HttpStatusCode.UnprocessableEntity, "bad-webhook");
        await Problem.IsAsync(await TryAddAsync(server, receiver.Url, since: 1_000_000), HttpStatusCode.Conflict, "feed-position-ahead");
        await TestAsync(server, webhook);
        var paths = (await server.GetAsync("/swagger/v1/swagger.json")).GetProperty("paths");
        foreach (var template in new[] { "/api/v1/webhooks", "/api/v1/webhooks/{id}", "/api/v1/webhooks/{id}/deliveries" })
        {
            var example = paths.GetProperty(template).GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content")
                .GetProperty("application/json").GetProperty("example");
            Assert.Equal(Names(example), Names(await server.GetAsync(template.Replace("{id}", Text(webhook, "id"), StringComparison.Ordinal))));
        }

        using (var removed = await server.Administrator().DeleteAsync(path)) await CredentialCalls.BodyAsync(removed);
        await Problem.IsAsync(await server.Administrator().GetAsync(path), HttpStatusCode.NotFound, "not-found");
    }

    // Its issuer is not sent, and said to be had at the address.
    private static X509Certificate2 OfUnknownIssuer(string address)
    {
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=receiver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([address + "ocsp"], [address + "ca.cer"]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([address + "a.crl"]));
        using var certificate = request.Create(
            new X500DistinguishedName("CN=Unknown"), X509SignatureGenerator.CreateForECDsa(issuer),
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9), [0x5A, .. RandomNumberGenerator.GetBytes(8)]);
        using var own = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Busy : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = 503;
            httpContext.Response.Headers.RetryAfter = "600";
            return Task.CompletedTask;
        }
    }

    private static void Configure(ServerOptions options)
    {
        options.Webhooks.AllowHttp = true;
        options.Webhooks.Hosts.Add("127.0.0.1");
        options.Webhooks.FirstPause = TimeSpan.FromMilliseconds(20);
        options.Feed.Look = TimeSpan.FromMilliseconds(50);
    }

    private static async Task<JsonElement> AddAsync(TestServer server, string url)
    {
        using var added = await TryAddAsync(server, url);
        return await CredentialCalls.BodyAsync(added, HttpStatusCode.Created);
    }

    private static Task<HttpResponseMessage> TryAddAsync(TestServer server, string url, long? since = null) => since is null
        ? server.Administrator().PostAsJsonAsync("/api/v1/webhooks", new { url })
        : server.Administrator().PostAsJsonAsync("/api/v1/webhooks", new { url, since });

    private static async Task ChangeAsync(TestServer server, string id, object body, string match)
    {
        using var changed = await SendAsync(server, HttpMethod.Put, "/api/v1/webhooks/" + id, body, match);
        await CredentialCalls.BodyAsync(changed);
    }

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, HttpMethod method, string path, object body, string match)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("If-Match", match);
        return await server.Administrator().SendAsync(request);
    }

    private static async Task<string> RotateAsync(TestServer server, string path, string overlap)
    {
        using var rotated = await server.Administrator().PostAsJsonAsync(path + "/secret", new { overlap });
        return Text(await CredentialCalls.BodyAsync(rotated), "secret");
    }

    private static async Task<JsonElement> TestAsync(TestServer server, JsonElement webhook)
    {
        using var tried = await server.Administrator().PostAsync($"/api/v1/webhooks/{Text(webhook, "id")}/test", null);
        return await CredentialCalls.BodyAsync(tried);
    }

    private static Task<JsonElement> ReadAsync(TestServer server, JsonElement webhook) => server.GetAsync("/api/v1/webhooks/" + Text(webhook, "id"));

    private static async Task RevokeAsync(TestServer server, string id)
    {
        var device = await server.NewDevice(id).EnrollAsync(server.Registrar());
        using var revoked = await server.Administrator().PostAsJsonAsync($"/api/v1/certificates/{device.SerialNumber}/revocation", new { reason = "superseded" });
        Assert.True(revoked.IsSuccessStatusCode);
    }

    private static Task UntilAsync(Func<bool> happened) => TestServer.UntilAsync(happened, TimeSpan.FromSeconds(60));

    private static async Task UntilAsync(Func<Task<bool>> happened)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await happened()) await timer.WaitForNextTickAsync(limit.Token);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).ToString();

    private static string Names(JsonElement json) => string.Join(' ', json.EnumerateObject().Select(field =>
        field.Value.ValueKind == JsonValueKind.Array && field.Value.GetArrayLength() > 0 && field.Value[0].ValueKind == JsonValueKind.Object
            ? $"{field.Name} [{Names(field.Value[0])}]"
            : field.Name));
}
