using System.Net;
using System.Text.Json;
using Provisioning.Core.Authorities;
using Provisioning.Core.Audit;

namespace Provisioning.Tests.Server.Observability;

public sealed class ReadinessTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_fails_makes_the_service_not_ready_and_says_so()
    {
        await using var server = await TestServer.StartAsync();
        await UntilReadyAsync(server);

        // Its copies are gone and its octets are zeros, as when the module that holds it fails.
        server.Authorities.Issuing.Key!.Dispose();
        using var refused = await EnrollAsync(server, "pump-1");

        await Problem.IsAsync(refused, HttpStatusCode.ServiceUnavailable, "authority-unavailable");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the issuing key failed at its last signature"), await AskAsync(server));
    }

    [Fact]
    public async Task A_key_that_works_again_is_noticed_without_a_signature_that_is_not_on_record()
    {
        await using var server = await TestServer.StartAsync();
        await UntilReadyAsync(server);
        var key = server.Authorities.Issuing.Key!;
        var crl = server.Crl()!.Number;

        Assert.False(key.Verify("this"u8, key.Sign("that"u8)));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the issuing key failed at its last signature"), await AskAsync(server));

        await UntilReadyAsync(server);
        await TestServer.UntilAsync(() => server.Crl()!.Number > crl, TimeSpan.FromMinutes(1));
        var audit = await new Auditor(
            server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(Ct);
        Assert.Empty(audit.Findings);
    }

    [Fact]
    public void A_key_is_unproven_until_it_has_signed_and_as_good_as_its_last_signature()
    {
        using var key = SigningKey.Create(Core.Certificates.KeyAlgorithm.P256);
        Assert.Equal(KeyHealth.Unproven, key.Health);

        var signature = key.Sign("this"u8);
        Assert.True(key.Verify("this"u8, signature));
        Assert.Equal(KeyHealth.Good, key.Health);
        Assert.False(key.Verify("that"u8, signature));
        Assert.Equal(KeyHealth.Failing, key.Health);
        Assert.True(key.Verify("this"u8, signature));
        Assert.Equal(KeyHealth.Good, key.Health);
    }

    private static async Task<HttpResponseMessage> EnrollAsync(TestServer server, string device)
    {
        using var content = new ByteArrayContent(server.NewDevice(device).Request())
        {
            Headers = { ContentType = new("application/pkcs10") },
        };
        return await server.Registrar().PostAsync("/api/v1/enrollments?deviceId=" + device, content, Ct);
    }

    private static async Task<(HttpStatusCode Status, string Authority)> AskAsync(TestServer server)
    {
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await client.GetAsync("/health/ready", Ct);
        using var report = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Ct));
        return (response.StatusCode, report.RootElement.GetProperty("checks").GetProperty("authority").GetString()!);
    }

    private static async Task UntilReadyAsync(TestServer server)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while ((await AskAsync(server)).Status != HttpStatusCode.OK) await interval.WaitForNextTickAsync(patience.Token);
    }
}
