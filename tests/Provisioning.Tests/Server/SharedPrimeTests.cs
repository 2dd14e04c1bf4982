using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Server.Jobs;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server;

/// <summary>Devices whose RSA keys have a prime in common, over the real server (TM-11, K-07).</summary>
public sealed class SharedPrimeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly (string, string)[] Partners = [("pump-1", "pump-4"), ("pump-4", "pump-1")];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TM_11_two_devices_whose_keys_share_a_prime_are_quarantined()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        var (first, second) = RsaPairs.WithOnePrime();
        using var other = RSA.Create(2048);
        using var withFirst = await EnrollAsync(server, "pump-1", first);
        using var withOther = await EnrollAsync(server, "pump-2", other);
        await server.NewDevice("pump-3").EnrollAsync(server.Registrar());

        // Alone it is a good key; with the same key again too.
        await RunAsync(server);
        using (var renewed = await RenewAsync(server.Client(withFirst), "pump-1", first))
            Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);
        Assert.Equal("active", await StateAsync(server, "pump-1"));

        using var withSecond = await EnrollAsync(server, "pump-4", second);
        await time.WhenArmedAsync(1, SharedPrimeJob.First);
        time.Advance(SharedPrimeJob.First);

        await UntilToldAsync(server, "have a prime in common");
        var told = Assert.Single(server.Log.All, line => line.Contains("have a prime in common", StringComparison.Ordinal));
        Assert.StartsWith("Error RSA keys of the devices pump-1 and pump-4 ", told, StringComparison.Ordinal);
        Assert.Equal(("quarantined", "active"), (await StateAsync(server, "pump-1"), await StateAsync(server, "pump-2")));
        Assert.Equal(("active", "quarantined"), (await StateAsync(server, "pump-3"), await StateAsync(server, "pump-4")));
        foreach (var (device, partner) in Partners)
        {
            var history = (await server.GetAsync($"/api/v1/devices/{device}/history")).GetProperty("items").EnumerateArray().ToList();
            var found = Assert.Single(history, entry => entry.GetProperty("action").GetString() == "key-shares-prime");
            Assert.EndsWith(" " + partner, found.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Single(history, entry => entry.GetProperty("action").GetString() == "device-quarantined");
        }

        // Neither gets another certificate, nobody gets one for their keys, and nothing is revoked by itself.
        using var third = RSA.Create(2048);
        await Problem.IsAsync(await RenewAsync(server.Client(withSecond), "pump-4", third), HttpStatusCode.Forbidden, "device-quarantined");
        await Problem.IsAsync(await AskAsync(server, "pump-5", first), HttpStatusCode.UnprocessableEntity, "key-blocked");
        Assert.Equal("current", (await server.GetAsync("/api/v1/certificates/" + withSecond.SerialNumber)).GetProperty("state").GetString());
        Assert.Contains("provisioning_shared_primes_total", await server.Administrator().GetStringAsync("/metrics", Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TM_11_the_job_looks_again_and_lost_or_damaged_rows_do_not_stop_it()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        var (first, second) = RsaPairs.WithOnePrime();
        using var lost = RSA.Create(2048);
        using var damaged = RSA.Create(2048);
        foreach (var (device, key) in new[] { ("pump-1", lost), ("pump-2", damaged), ("pump-3", first) })
            (await EnrollAsync(server, device, key)).Dispose();
        await WriteAsync(server, "DELETE FROM certificate_der WHERE serial IN (SELECT serial FROM certificates WHERE holder = 'pump-1')");
        await time.WhenArmedAsync(1, SharedPrimeJob.First);
        time.Advance(SharedPrimeJob.First);
        await UntilToldAsync(server, "without 1 certificates and 0 keys");

        await WriteAsync(server, "UPDATE rsa_keys SET modulus = key_thumbprint WHERE device_id = 'pump-2'");
        (await EnrollAsync(server, "pump-4", second)).Dispose();
        await time.WhenArmedAsync(1, SharedPrimeJob.Interval);
        time.Advance(SharedPrimeJob.Interval);

        await UntilToldAsync(server, "pump-3 and pump-4");
        await UntilToldAsync(server, "without 0 certificates and 1 keys");
        Assert.Equal(("active", "quarantined"), (await StateAsync(server, "pump-2"), await StateAsync(server, "pump-4")));
    }

    private static async Task RunAsync(TestServer server) => await server.Services.GetRequiredService<SharedPrimeSearch>().RunAsync(Ct);

    private static Task UntilToldAsync(TestServer server, string what) =>
        TestServer.UntilAsync(() => server.Log.All.Any(line => line.Contains(what, StringComparison.Ordinal)), Patience);

    private static Task<int> WriteAsync(TestServer server, string sql) =>
        server.Instance.Database.Writer.RunAsync(transaction => transaction.Sql(string.Intern(sql)).Execute(), Ct);

    private static async Task<string> StateAsync(TestServer server, string device) =>
        (await server.GetAsync("/api/v1/devices/" + device)).GetProperty("state").GetString()!;

    private static async Task<X509Certificate2> EnrollAsync(TestServer server, string device, RSA key)
    {
        using var answer = await AskAsync(server, device, key);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, text);
        using var certificate = X509Certificate2.CreateFromPem(
            JsonDocument.Parse(text).RootElement.GetProperty("certificate").GetString());
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private static Task<HttpResponseMessage> AskAsync(TestServer server, string device, RSA key) =>
        server.Registrar().PostAsJsonAsync("/api/v1/enrollments", new { deviceId = device, csr = Request(device, key) }, Ct);

    private static Task<HttpResponseMessage> RenewAsync(HttpClient client, string device, RSA key) =>
        client.PostAsJsonAsync("/api/v1/renewals", new { csr = Request(device, key) }, Ct);

    private static string Request(string device, RSA key) => Convert.ToBase64String(
        new CertificateRequest("CN=" + device, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest());
}
