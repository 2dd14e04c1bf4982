using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Provisioning.Core.Audit;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>One device at both doors: one certificate, one history.</summary>
public sealed class BothDoorsTests : IAsyncLifetime
{
    private const int Requests = 64;

    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.DefineGroupAsync("pumps", new { credentials = (string[])["registrar", "token"], renewal = new { early = "allowed" } });
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_request_at_both_doors_at_once_gives_one_certificate(bool byToken)
    {
        var token = byToken ? await _server.CreateTokenAsync(new { group = "pumps" }) : null;
        using var rest = token is null ? _server.Registrar() : _server.WithToken(token);
        using var est = token is null ? _server.Registrar() : _server.WithPassword(token);
        var device = _server.NewDevice("pump-1");

        // Of one key, signed anew each time: what the bytes are says nothing.
        var serials = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => i % 2 == 0
            ? RestAsync(rest, "/api/v1/enrollments", new { deviceId = device.Id, group = "pumps", csr = Convert.ToBase64String(device.Request()) })
            : EstAsync(est, EstCalls.Enroll, device.Request())));

        await AssertOneAsync(serials, certificates: 1);
        if (token is not null)
            Assert.Equal(1, (await _server.GetAsync("/api/v1/tokens/" + token.Split('.')[1])).GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task Two_keys_at_both_doors_at_once_give_one_certificate()
    {
        var (one, other) = (_server.NewDevice("pump-1"), _server.NewDevice("pump-1"));
        var registrar = _server.Registrar();

        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => i % 2 == 0
            ? registrar.PostAsJsonAsync("/api/v1/enrollments", new { deviceId = one.Id, group = "pumps", csr = Convert.ToBase64String(one.Request()) })
            : registrar.EstAsync(EstCalls.Enroll, other.Request(), "pumps")));

        Assert.All(answers, answer => Assert.True(
            answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Conflict, $"{(int)answer.StatusCode}"));
        var isRest = answers.Any(answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.NotEqual(isRest, answers.Any(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(1, (await _server.GetAsync("/api/v1/certificates?holder=pump-1")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_renewal_at_both_doors_at_once_gives_one_certificate()
    {
        var device = await _server.NewDevice("pump-1").EstEnrollAsync(_server.Registrar(), "pumps");
        using var client = device.Client();
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var serials = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => i % 2 == 0
            ? RestAsync(client, "/api/v1/renewals", new { csr = Convert.ToBase64String(device.Request(next)) })
            : EstAsync(client, EstCalls.Reenroll, device.Request(next))));

        await AssertOneAsync(serials, certificates: 2);
    }

    [Fact]
    public async Task What_one_door_has_answered_the_other_answers_again()
    {
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "pumps" }));
        var device = await _server.NewDevice("pump-1").EstEnrollAsync(client);
        var token = client.DefaultRequestHeaders.Authorization!.Parameter!;
        var text = System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(token)).Split(':', 2)[1];

        var again = await CredentialCalls.SerialAsync(await _server.WithToken(text).EnrollAsync("pump-1", device.Key));

        Assert.Equal(device.SerialNumber, again);
        await EstRefusal.IsAsync(
            await _server.Registrar().EstAsync(EstCalls.Enroll, _server.NewDevice("pump-1").Request()), HttpStatusCode.Conflict, "device-already-bound");
        await EstRefusal.IsAsync(
            await _server.Registrar().EstAsync(EstCalls.Enroll, device.Request(commonName: "thief"), "pumps"), HttpStatusCode.Conflict, "key-in-use");
    }

    [Fact]
    public async Task The_same_caller_with_the_same_request_gets_the_same_octets()
    {
        var registrar = _server.Registrar();
        var request = _server.NewDevice("pump-1").Request();

        var first = await (await registrar.EstAsync(EstCalls.Enroll, request)).Content.ReadAsStringAsync();
        var second = await (await registrar.EstAsync(EstCalls.Enroll, request)).Content.ReadAsStringAsync();

        Assert.Equal(first, second);
    }

    private async Task AssertOneAsync(IReadOnlyList<string> serials, int certificates)
    {
        Assert.Single(serials.Distinct());
        Assert.Equal(certificates, (await _server.GetAsync("/api/v1/certificates?holder=pump-1")).GetProperty("items").GetArrayLength());
        var history = (await _server.GetAsync("/api/v1/devices/pump-1/history")).GetProperty("items").EnumerateArray()
            .Select(entry => entry.GetProperty("action").GetString()).ToList();
        Assert.Equal(certificates, history.Count(action => action == "certificate-issued"));
        Assert.Empty((await new Auditor(
            _server.Instance.Database.Audit, _server.Instance.Database.Crls, _server.Authorities, _server.Instance.Crl).RunAsync(default)).Findings);
    }

    private static async Task<string> RestAsync(HttpClient client, string path, object body)
    {
        while (true)
        {
            using var answer = await client.PostAsJsonAsync(path, body);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) return await CredentialCalls.SerialAsync(answer);
        }
    }

    private static async Task<string> EstAsync(HttpClient client, string operation, byte[] request) =>
        await EstCalls.SerialAsync(await client.EstUntilServedAsync(operation, request, "pumps"));
}
