using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;

namespace Provisioning.Tests.Server;

/// <summary>The time for devices without a clock: <c>GET /self?nonce=</c>, verified as a device does it, with the root certificate alone.</summary>
public sealed class SignedTimeTests
{
    private const string Nonce = "q83vEjRWeJCrze8SNFZ4kA";

    [Fact]
    public async Task A_device_whose_clock_is_1970_learns_the_time_with_its_nonce_under_the_signature()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await TestServer.StartAsync(time: time);
        using var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();

        var self = await device.GetFromJsonAsync<JsonElement>($"/api/v1/self?nonce={Nonce}");
        var root = self.GetProperty("trustAnchors")[0].GetString()!;
        var (header, claims) = Verify(self.GetProperty("signedTime").GetString()!, root, time.GetUtcNow());
        Assert.Equal("provisioning-time+jws", header.GetProperty("typ").GetString());
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.Equal(Nonce, claims.GetProperty("nonce").GetString());
        Assert.Equal("pump-1", claims.GetProperty("sub").GetString());

        // The key is kept for a moment, the time is not; and what was signed is of this request.
        time.Advance(TimeSpan.FromSeconds(17));
        var next = await device.GetFromJsonAsync<JsonElement>($"/api/v1/self?nonce={Nonce}2");
        (_, claims) = Verify(next.GetProperty("signedTime").GetString()!, root, time.GetUtcNow());
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.Equal(Nonce + "2", claims.GetProperty("nonce").GetString());
    }

    [Fact]
    public async Task Stations_learn_it_too_and_nobody_who_does_not_ask()
    {
        await using var server = await TestServer.StartAsync();
        var self = await server.Registrar().GetFromJsonAsync<JsonElement>($"/api/v1/self?nonce={Nonce}");
        var (_, claims) = Verify(
            self.GetProperty("signedTime").GetString()!, self.GetProperty("trustAnchors")[0].GetString()!, TimeProvider.System.GetUtcNow());
        Assert.Equal(self.GetProperty("name").GetString(), claims.GetProperty("sub").GetString());
        self = await server.Registrar().GetFromJsonAsync<JsonElement>("/api/v1/self");
        Assert.False(self.TryGetProperty("signedTime", out _));
    }

    [Fact]
    public async Task A_key_that_was_revoked_signs_no_time_a_minute_later()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await TestServer.StartAsync(time: time);
        using var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        var first = await SignerAsync(device);
        using var revoked = await server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{first.SerialNumber}/revocation", new { reason = "keyCompromise" });
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEqual(first.GetPublicKeyString(), (await SignerAsync(device)).GetPublicKeyString());
    }

    [Fact]
    public async Task A_fleet_that_asks_while_the_key_is_read_again_gets_good_statements_all_along()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await TestServer.StartAsync(time: time);
        using var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        var root = (await device.GetFromJsonAsync<JsonElement>("/api/v1/self")).GetProperty("trustAnchors")[0].GetString()!;
        var statements = server.Services.GetRequiredService<SignedTime>();
        for (var minute = 0; minute < 4; minute++)
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await statements.SignAsync("pump-1", Nonce, default))));
            foreach (var one in all) Verify(Assert.IsType<Outcome<string>.Success>(one).Value, root, time.GetUtcNow());
            time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Theory]
    [InlineData("nonce=tooshort")]
    [InlineData("nonce=")]
    [InlineData("nonce=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("nonce=AAAAAAAAAAAAAAA%22")]
    [InlineData("nonce=q83vEjRWeJCrze8SNFZ4kA&nonce=q83vEjRWeJCrze8SNFZ4kA")]
    public async Task What_is_no_nonce_is_refused(string query)
    {
        await using var server = await TestServer.StartAsync();
        using var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        await Problem.IsAsync(await device.GetAsync("/api/v1/self?" + query), HttpStatusCode.BadRequest, "bad-query");
    }

    private static async Task<X509Certificate2> SignerAsync(HttpClient device)
    {
        var self = await device.GetFromJsonAsync<JsonElement>($"/api/v1/self?nonce={Nonce}");
        var header = Json(self.GetProperty("signedTime").GetString()!.Split('.')[0]);
        return X509CertificateLoader.LoadCertificate(header.GetProperty("x5c")[0].GetBytesFromBase64());
    }

    // Signature, chain, purpose and type: what README tells a device to look at.
    private static (JsonElement Header, JsonElement Claims) Verify(string jws, string root, DateTimeOffset now)
    {
        var parts = jws.Split('.');
        Assert.Equal(3, parts.Length);
        var header = Json(parts[0]);
        Assert.Equal("ES256", header.GetProperty("alg").GetString());
        using var signer = X509CertificateLoader.LoadCertificate(header.GetProperty("x5c")[0].GetBytesFromBase64());
        using var key = signer.GetECDsaPublicKey();
        Assert.True(key!.VerifyData(
            System.Text.Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));

        using var chain = new X509Chain();
        using var issuing = X509CertificateLoader.LoadCertificate(header.GetProperty("x5c")[1].GetBytesFromBase64());
        using var anchor = X509Certificate2.CreateFromPem(root);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(anchor);
        chain.ChainPolicy.ExtraStore.Add(issuing);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.36"));
        Assert.True(chain.Build(signer), string.Join(' ', chain.ChainStatus.Select(status => status.StatusInformation)));
        return (header, Json(parts[1]));
    }

    private static JsonElement Json(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;
}
