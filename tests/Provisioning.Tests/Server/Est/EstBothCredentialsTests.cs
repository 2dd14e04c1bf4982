using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>Groups that want a certificate and a token together, and tokens that are counted.</summary>
public sealed class EstBothCredentialsTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private X509Certificate2 _line = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.DefineGroupAsync("pumps", new { credentials = (string[])["registrar", "token", "birth"], bothCredentials = true });
        await _server.OpenGroupAsync("fans");
        _line = _server.Credential("factory-line");
    }

    public ValueTask DisposeAsync()
    {
        _line.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task Who_lacks_the_token_is_asked_for_it_who_lacks_the_certificate_is_not_and_both_together_enroll()
    {
        var token = await _server.CreateTokenAsync(new { group = "pumps" });
        var request = _server.NewDevice("pump-1").Request();
        using var certificateOnly = _server.Client(_line);
        using var tokenOnly = _server.WithPassword(token);
        using var both = _server.WithPassword(token, _line);

        // A client answers a 401 with its password: the one that it has sent already, where that is good and the certificate is missing.
        foreach (var (client, status) in new[] { (certificateOnly, HttpStatusCode.Unauthorized), (tokenOnly, HttpStatusCode.Forbidden) })
            await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, request, "pumps"), status, "second-credential-required");
        Assert.Equal(0, await UsedAsync(token));

        var serial = await EstCalls.SerialAsync(await both.EstAsync(EstCalls.Enroll, request, "pumps"));
        Assert.Equal(serial, await EstCalls.SerialAsync(await both.EstAsync(EstCalls.Enroll, request)));
        Assert.Equal(1, await UsedAsync(token));
        var row = (await _server.GetAsync("/api/v1/certificates?holder=pump-1")).GetProperty("items")[0];
        Assert.Equal("registrar:factory-line", row.GetProperty("requester").GetString());
    }

    [Fact]
    public async Task Over_REST_nobody_can_show_both()
    {
        using var client = _server.WithToken(await _server.CreateTokenAsync(new { group = "pumps" }));

        await Problem.IsAsync(await client.EnrollAsync("pump-1"), HttpStatusCode.Forbidden, "second-credential-required");
    }

    [Fact]
    public async Task A_second_credential_that_is_not_good_is_refused_for_what_it_is()
    {
        var request = _server.NewDevice("pump-1").Request();
        var revoked = await _server.CreateTokenAsync(new { group = "pumps" });
        using (await _server.Administrator().DeleteAsync("/api/v1/tokens/" + revoked.Split('.')[1])) { }
        foreach (var (token, status, code) in new[]
        {
            (await _server.CreateTokenAsync(new { group = "fans" }), HttpStatusCode.Forbidden, "outside-scope"),
            (await _server.CreateTokenAsync(new { group = "pumps", deviceId = "pump-2" }), HttpStatusCode.BadRequest, "identity-mismatch"),
            (await _server.CreateTokenAsync(new { group = "pumps", deviceIdPattern = "fan-.*" }), HttpStatusCode.Forbidden, "not-expected"),
            (await _server.CreateTokenAsync(new { group = "pumps", keyThumbprint = new string('A', 64) }), HttpStatusCode.Forbidden, "key-mismatch"),
            (revoked, HttpStatusCode.Unauthorized, "bad-token"),
            ("", HttpStatusCode.Unauthorized, "bad-token"),
        })
        {
            using var client = _server.WithPassword(token, _line);
            await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, request, "pumps"), status, code);
        }
    }

    [Fact]
    public async Task A_good_token_does_not_make_up_for_a_bad_certificate()
    {
        using var stranger = new Manufacturer();
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "fans" }), stranger.Issue("AC-1"));

        await EstRefusal.IsAsync(
            await client.EstAsync(EstCalls.Enroll, _server.NewDevice("fan-1").Request()), HttpStatusCode.Forbidden, "unknown-certificate");
    }

    [Fact]
    public async Task Who_shows_both_where_one_would_do_is_held_to_both_and_the_use_is_counted()
    {
        var token = await _server.CreateTokenAsync(new { group = "fans" });
        using var client = _server.WithPassword(token, _line);

        await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, _server.NewDevice("fan-1").Request(), "fans"));
        Assert.Equal(1, await UsedAsync(token));
        await EstRefusal.IsAsync(
            await client.EstAsync(EstCalls.Enroll, _server.NewDevice("fan-2").Request(), "fans"), HttpStatusCode.Unauthorized, "token-exhausted");
    }

    [Fact]
    public async Task A_manufacturers_certificate_with_a_token_enrolls_its_own_device()
    {
        using var acme = new Manufacturer();
        await acme.RegisterWellAsync(_server);
        using var birth = acme.Issue("AC-1");
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "pumps" }), birth);

        await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, _server.NewDevice("AC-1").Request()));
    }

    [Fact]
    public async Task Of_50_parallel_uses_of_a_token_for_one_beside_a_certificate_one_enrolls()
    {
        var token = await _server.CreateTokenAsync(new { group = "pumps" });
        using var client = _server.WithPassword(token, _line);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            client.EstUntilServedAsync(EstCalls.Enroll, _server.NewDevice($"pump-{i}").Request(), "pumps")));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var loser in answers.Where(answer => answer.StatusCode != HttpStatusCode.OK))
            await EstRefusal.IsAsync(loser, HttpStatusCode.Unauthorized, "token-exhausted");
        Assert.Equal(1, await UsedAsync(token));
    }

    [Fact]
    public async Task A_counted_token_enrolls_so_many_devices_and_a_retry_takes_none()
    {
        var token = await _server.CreateTokenAsync(new { group = "fans", uses = 2 });
        using var client = _server.WithPassword(token);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var first = _server.NewDevice("fan-1");

        var serial = await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, first.Request(), "fans"));
        for (var i = 0; i < 3; i++) Assert.Equal(serial, await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, first.Request())));
        await _server.NewDevice("fan-2").EstEnrollAsync(client);

        await EstRefusal.IsAsync(
            await client.EstAsync(EstCalls.Enroll, _server.NewDevice("fan-3").Request()), HttpStatusCode.Unauthorized, "token-exhausted");
        Assert.Equal(serial, await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, first.Request())));
        Assert.Equal(2, await UsedAsync(token));
    }

    private async Task<long> UsedAsync(string token) =>
        (await _server.GetAsync("/api/v1/tokens/" + token.Split('.')[1])).GetProperty("used").GetInt64();
}
