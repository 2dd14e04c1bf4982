using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Interop.Est;

/// <summary>
/// kill -9 while a key is made anew for a device that lost its first one: it asks once more and has exactly one certificate, on the one use of its
/// token and the one unit of its lot, or its one claim.
/// </summary>
public sealed class ServerKeyCrashTests : IAsyncLifetime
{
    private const string Batch = "week-4";
    private const string Lot = "order-1";

    private static readonly string[] Failpoints = ["after-identify", "after-reserve", "after-sign", "after-record", "before-answer"];
    private static readonly string[] Credentials = ["token", "claim"];

    private ServerProcess _server = null!;
    private X509Certificate2 _claim = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.StartAsync();
        using var administrator = Api.Client(_server, "admin");
        using (var definition = new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/default"))
        {
            definition.Content = JsonContent.Create(new { credentials = Credentials, serverKeys = "allowed" });
            definition.Headers.TryAddWithoutValidation("If-Match", "*");
            await ReadAsync(await administrator.SendAsync(definition));
        }

        await Lots.OpenAsync(administrator, Lot, quota: Failpoints.Length);
        await ReadAsync(await administrator.PostAsJsonAsync("/api/v1/claim-batches", new { name = Batch, group = "default" }));
        await ReadAsync(await administrator.PostAsJsonAsync(
            $"/api/v1/claim-batches/{Batch}/devices", new { devices = Failpoints.Select(at => new { deviceId = Named("claim", at) }) }));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=" + Batch, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var issued = await ReadAsync(await administrator.PostAsJsonAsync($"/api/v1/claim-batches/{Batch}/certificates", new { csr }));
        using var certificate = X509Certificate2.CreateFromPem(issued.GetProperty("certificate").GetString());
        _claim = certificate.CopyWithPrivateKey(key);
    }

    public async ValueTask DisposeAsync()
    {
        _claim.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Killed_while_a_key_is_made_anew_the_device_asks_again_and_has_one()
    {
        foreach (var at in Failpoints)
        {
            string token;
            using (var administrator = Api.Client(_server, "admin"))
            {
                var made = await ReadAsync(await administrator.PostAsJsonAsync("/api/v1/tokens", new { group = "default", lot = Lot }));
                token = made.GetProperty("items")[0].GetProperty("token").GetString()!;
            }

            await RoundAsync(at, Named("token", at), () => WithToken(token));
            await RoundAsync(at, Named("claim", at), () => Api.Client(_server, _claim));
            using var after = Api.Client(_server, "admin");
            var used = await after.GetFromJsonAsync<JsonElement>("/api/v1/tokens/" + token.Split('.')[1]);
            Assert.Equal(1, used.GetProperty("used").GetInt32());
        }

        // As many units as the lot has, and as many devices as the batch expects: nothing was taken twice, and nothing is left.
        using (var administrator = Api.Client(_server, "admin"))
        {
            Assert.Equal(Failpoints.Length, (await Lots.CountsAsync(administrator, Lot)).GetProperty("issued").GetInt32());
            var batch = await administrator.GetFromJsonAsync<JsonElement>("/api/v1/claim-batches/" + Batch);
            Assert.Equal(Failpoints.Length, batch.GetProperty("claimed").GetInt32());
        }

        await _server.StopAsync();
        var audit = await _server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output);
    }

    private async Task RoundAsync(string failpoint, string device, Func<HttpClient> connect)
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await _server.StopAsync();
        await _server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = failpoint + ":2" });
        MadeKey lost;
        using (var client = connect())
        {
            lost = await MadeKey.ReadAsync(await AskAsync(client, device, like), MadeKey.Plain);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => AskAsync(client, device, like));
        }

        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10))) await _server.Process.WaitForExitAsync(limit.Token);
        await _server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = "" });
        MadeKey made;
        using (var client = connect()) made = await MadeKey.ReadAsync(await AskAsync(client, device, like), MadeKey.Plain);

        Assert.Equal(HttpStatusCode.OK, await ShowAsync(made));
        Assert.Equal(HttpStatusCode.Forbidden, await ShowAsync(lost));
        using var administrator = Api.Client(_server, "admin");
        var current = await Api.ListAsync(administrator, $"/api/v1/certificates?holder={device}&state=current");
        Assert.Equal(made.Certificate.SerialNumber, Assert.Single(current).GetProperty("serialNumber").GetString());
    }

    private async Task<HttpStatusCode> ShowAsync(MadeKey made)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(made.Key, out _);
        using var certificate = made.Certificate.CopyWithPrivateKey(key);
        using var client = Api.Client(_server, certificate);
        using var answer = await client.GetAsync("/api/v1/self");
        return answer.StatusCode;
    }

    private HttpClient WithToken(string token)
    {
        var client = Api.Client(_server);
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes("device:" + token)));
        return client;
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string device, ECDsa like)
    {
        using var content = new StringContent(Convert.ToBase64String(Api.Request(like, device)), new MediaTypeHeaderValue("application/pkcs10"));
        return await client.PostAsync("/.well-known/est/serverkeygen", content);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        using var read = answer;
        var text = await read.Content.ReadAsStringAsync();
        Assert.True(read.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static string Named(string credential, string failpoint) => $"{credential}-{failpoint}";
}
