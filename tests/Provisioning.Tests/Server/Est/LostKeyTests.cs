using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>What becomes of a device that lost the answer with its key, in the ways in which that can go on.</summary>
public sealed class LostKeyTests : IAsyncLifetime
{
    private static readonly string[] Credentials = ["registrar", "token", "claim"];

    private readonly ECDsa _like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(time: _time);
        await _server.DefineGroupAsync("plants", new { credentials = Credentials, serverKeys = "allowed", onClone = "quarantine" });
        await _server.DefineGroupAsync("slow", new { credentials = Credentials, serverKeys = "allowed", approval = "manual", onClone = "quarantine" });
        await _server.DefineGroupAsync("strict", new { credentials = Credentials, serverKeys = "allowed", bothCredentials = true });
    }

    public ValueTask DisposeAsync()
    {
        _like.Dispose();
        return _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_asks_too_late_or_once_too_often_is_refused_and_not_taken_for_a_clone(bool isLate)
    {
        using var client = await WithTokenAsync("plants");
        for (var i = 0; i < (isLate ? 1 : 6); i++) await MakeAsync(client);
        if (isLate) _time.Advance(TimeSpan.FromHours(25));

        await EstRefusal.IsAsync(await AskAsync(client), HttpStatusCode.Conflict, "device-already-bound");
        Assert.Equal("active", await StateAsync());
    }

    [Fact]
    public async Task An_approval_may_take_longer_than_a_lost_answer_is_waited_for()
    {
        using var client = await WithTokenAsync("slow");
        await EstRefusal.IsAsync(await AskAsync(client), HttpStatusCode.Accepted, "approval-pending");
        await EstApprovalTests.DecideAsync(_server, approve: true);
        var lost = await MakeAsync(client);
        await EstRefusal.IsAsync(await AskAsync(client), HttpStatusCode.Accepted, "approval-pending");
        var waiting = (await _server.GetAsync("/api/v1/approvals?state=pending")).GetProperty("items")[0];
        Assert.Equal(lost.Certificate.SerialNumber, waiting.GetProperty("replaces").GetString());
        _time.Advance(TimeSpan.FromHours(25));
        await EstApprovalTests.DecideAsync(_server, approve: true);

        using var made = (await MakeAsync(client)).WithKey();
        Assert.Equal("active", await StateAsync());
    }

    [Fact]
    public async Task An_approval_says_that_the_key_is_made_here_and_is_good_for_no_other()
    {
        var token = await _server.CreateTokenAsync(new { group = "slow" });
        using var client = _server.WithPassword(token);
        await EstRefusal.IsAsync(await AskAsync(client), HttpStatusCode.Accepted, "approval-pending");
        var waiting = (await _server.GetAsync("/api/v1/approvals?state=pending")).GetProperty("items")[0];
        Assert.True(waiting.GetProperty("keyIsMade").GetBoolean());
        Assert.Equal(
            Convert.ToHexString(SHA256.HashData(_like.ExportSubjectPublicKeyInfo())), waiting.GetProperty("keyThumbprint").GetString());
        await EstApprovalTests.DecideAsync(_server, approve: true);

        await Problem.IsAsync(
            await _server.WithToken(token).GetAsync($"/api/v1/enrollments/requests/{waiting.GetProperty("id").GetString()}"),
            HttpStatusCode.Forbidden, "not-allowed");
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, Request()), HttpStatusCode.Accepted, "approval-pending");
        await MakeAsync(client);
    }

    [Fact]
    public async Task It_is_made_up_for_on_the_same_two_credentials_only()
    {
        using var line = _server.Credential("factory-line");
        using var client = _server.WithPassword(await CreateTokenAsync("strict"), line);
        using var other = _server.WithPassword(await CreateTokenAsync("strict"), line);
        await MakeAsync(other, "pump-9", "strict");
        await MakeAsync(client, "pump-1", "strict");

        await EstRefusal.IsAsync(await AskAsync(other, "pump-1", "strict"), HttpStatusCode.Conflict, "device-already-bound");
        await MakeAsync(client, "pump-1", "strict");
    }

    [Fact]
    public async Task A_device_that_renews_shows_no_token_beside_its_certificate()
    {
        using var device = (await MakeAsync(await WithTokenAsync("plants"))).WithKey();
        using var client = _server.WithPassword(await CreateTokenAsync("slow"), device);

        await EstRefusal.IsAsync(await AskAsync(client), HttpStatusCode.BadRequest, "two-credentials");
    }

    [Fact]
    public async Task A_device_that_is_expected_with_its_own_key_has_none_made_and_is_no_clone()
    {
        await _server.CreateBatchAsync("week-4", "plants");
        var keyThumbprint = Convert.ToHexString(SHA256.HashData(_like.ExportSubjectPublicKeyInfo()));
        await _server.ExpectAsync("week-4", new { devices = new[] { new { deviceId = "pump-1", keyThumbprint } } });
        using var claim = await _server.IssueClaimAsync("week-4");

        await EstRefusal.IsAsync(await AskAsync(_server.Client(claim)), HttpStatusCode.Forbidden, "key-mismatch");
        Assert.Equal("registered", await StateAsync());
    }

    [Fact]
    public async Task A_request_that_is_signed_with_the_key_of_the_credential_is_refused()
    {
        await _server.CreateBatchAsync("week-4", "plants");
        await _server.ExpectAsync("week-4", new { devices = new[] { new { deviceId = "pump-1" } } });
        using var claim = await _server.IssueClaimAsync("week-4");
        using var key = claim.GetECDsaPrivateKey()!;
        var request = new CertificateRequest("CN=pump-1", key, HashAlgorithmName.SHA256).CreateSigningRequest();

        await EstRefusal.IsAsync(await _server.Client(claim).EstAsync(KeyParts.Operation, request), HttpStatusCode.Conflict, "key-in-use");
        Assert.Equal("registered", await StateAsync());
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_one_has_a_key_that_works()
    {
        var clients = Enumerable.Range(0, 8).Select(_ => _server.Registrar()).ToList();
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => AskAsync(clients[i % 8], group: "plants")));

        var working = 0;
        foreach (var answer in answers)
        {
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict, answer.ToString());
            if (answer.StatusCode != HttpStatusCode.OK) continue;
            using var made = (await KeyParts.ReadAsync(answer)).WithKey();
            if ((await _server.Client(made).GetAsync("/api/v1/self")).StatusCode == HttpStatusCode.OK) working++;
        }

        Assert.Equal(1, working);
        Assert.Equal("active", await StateAsync());
        await EstAudit.IsCleanAsync(_server);
    }

    private async Task<string> CreateTokenAsync(string group) => await _server.CreateTokenAsync(new { group, lifetime = "P5D" });

    private async Task<HttpClient> WithTokenAsync(string group) => _server.WithPassword(await CreateTokenAsync(group));

    private async Task<KeyParts> MakeAsync(HttpClient client, string device = "pump-1", string? group = null) =>
        await KeyParts.ReadAsync(await AskAsync(client, device, group));

    private Task<HttpResponseMessage> AskAsync(HttpClient client, string device = "pump-1", string? group = null) =>
        client.EstAsync(KeyParts.Operation, Request(device), group);

    private byte[] Request(string device = "pump-1") =>
        new CertificateRequest("CN=" + device, _like, HashAlgorithmName.SHA256).CreateSigningRequest();

    private async Task<string?> StateAsync() =>
        (await _server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/devices/pump-1")).GetProperty("state").GetString();
}
