using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Core.Devices.Import;
using Provisioning.Rest.Bulk;
using Provisioning.Tests.Server.Credentials;
using static Provisioning.Tests.Server.Bulk.BulkCalls;

namespace Provisioning.Tests.Server.Bulk;

/// <summary>A request that takes hours gives no more rights than many short ones: the caller is looked at again all the time.</summary>
public sealed class LongRequestTests
{
    [Fact]
    public async Task A_revoked_administrator_enrolls_nobody_in_a_batch_that_is_open()
    {
        await using var server = await TestServer.StartAsync();
        using var alice = await server.AddPrincipalAsync("alice", "administrator");
        await using var batch = await OpenBatch.BeginAsync(server, alice);
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-1"))));
        await RevokeAsync(server, alice);
        Assert.Equal("403 certificate-revoked", await batch.AskAsync(Line(server.NewDevice("pump-2"))));
        Assert.Equal("403 certificate-revoked", await batch.AskAsync(Line(server.NewDevice("pump-3"))));
    }

    [Fact]
    public async Task TM_03_a_registrar_enrolls_nobody_after_hours_in_a_batch_that_is_open()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(DateTime.UtcNow.Date.AddHours(13).AddMinutes(59), TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(time: time);
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"hours":"06:00-14:00"}""");
        await using var batch = await OpenBatch.BeginAsync(server, certificate);
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-1"))));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("403 outside-hours", await batch.AskAsync(Line(server.NewDevice("pump-2"))));
        await server.LimitAsync("station-1", """{"hours":"06:00-15:00"}""");
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-2"))));
    }

    [Fact]
    public async Task TM_12_a_limit_bites_in_a_batch_that_is_open_and_stops_nothing_else_of_it()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        await using var batch = await OpenBatch.BeginAsync(server, certificate);
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-1"))));
        await server.LimitAsync("station-1", """{"deviceIdPatterns":["pump-.*"]}""");
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-2"))));
        Assert.Equal("403 outside-scope", await batch.AskAsync(Line(server.NewDevice("fan-1"))));
    }

    [Fact]
    public async Task A_revoked_administrator_registers_nobody_in_an_import_that_is_open()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("alice", "administrator");
        using var alice = server.Client(certificate);
        var content = new PushContent("text/csv");
        content.Push("deviceId\n" + Rows(0));
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/imports/big") { Content = content };
        var sending = alice.SendAsync(request);
        while (await server.Instance.Database.Imports.FindImportAsync("big", default) is null)
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));
        await RevokeAsync(server, certificate);
        content.Push(Rows(1));
        content.End();

        await Problem.IsAsync(await sending, HttpStatusCode.Forbidden, "certificate-revoked");
        Assert.Equal(DeviceImport.ChunkSize, (await server.Instance.Database.Imports.FindImportAsync("big", default))!.Rows);

        static string Rows(int chunk) =>
            string.Concat(Enumerable.Range(chunk * DeviceImport.ChunkSize, DeviceImport.ChunkSize).Select(i => $"pump-{i}\n"));
    }

    [Fact]
    public async Task What_a_revoked_administrator_has_on_its_way_is_not_signed()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("alice", "administrator");

        // Identified before the revocation, decided after it.
        var identification = (Core.Enrollment.CallerIdentification)server.Services.GetService(typeof(Core.Enrollment.CallerIdentification))!;
        Assert.True(Core.Certificates.SerialNumber.TryParse(certificate.SerialNumber, out var serial));
        var identified = await identification.IdentifyAsync(
            serial, Core.Certificates.Digest.Of(certificate.RawData), certificate.RawData, null, default);
        Assert.True(identified.TryGet(out var caller, out _));
        await RevokeAsync(server, certificate);
        var enrollments = (Core.Enrollment.EnrollmentService)server.Services.GetService(typeof(Core.Enrollment.EnrollmentService))!;
        var outcome = await enrollments.EnrollAsync(
            caller, new Core.Enrollment.EnrollmentRequest("pump-1", server.NewDevice("pump-1").Request()));

        Assert.False(outcome.TryGet(out _, out var refusal));
        Assert.Equal(Core.Enrollment.RefusalCode.NotAllowed, refusal.Code);
    }

    [Fact]
    public async Task A_device_renews_with_the_attributes_that_it_has_when_it_is_decided()
    {
        await using var server = await TestServer.StartAsync();
        using (var defined = await server.Administrator().ReplaceAsync(
            "/api/v1/groups/default",
            """{"profile":"wifi-eap-tls","slots":[{"name":"operational"},{"name":"update"}],"renewal":{"early":"allowed"}}"""))
        {
            Assert.True(defined.IsSuccessStatusCode, await defined.Content.ReadAsStringAsync());
        }

        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var identification = (Core.Enrollment.CallerIdentification)server.Services.GetService(typeof(Core.Enrollment.CallerIdentification))!;
        Assert.True(Core.Certificates.SerialNumber.TryParse(device.SerialNumber, out var serial));
        var octets = device.Certificate!.RawData;
        var identified = await identification.IdentifyAsync(serial, Core.Certificates.Digest.Of(octets), octets, null, default);
        Assert.True(identified.TryGet(out var caller, out _));

        // While the device still sends its request, its registrar says more of it.
        using (var named = await server.Registrar().PostAsJsonAsync("/api/v1/enrollments", new
        {
            deviceId = "pump-1",
            slot = "update",
            attributes = new { hostname = "pump-1.example" },
            csr = Convert.ToBase64String(new TestDevice(server, "pump-1").Request()),
        }))
        {
            Assert.True(named.IsSuccessStatusCode, await named.Content.ReadAsStringAsync());
        }

        var enrollments = (Core.Enrollment.EnrollmentService)server.Services.GetService(typeof(Core.Enrollment.EnrollmentService))!;
        var outcome = await enrollments.RenewAsync(caller, new Core.Enrollment.RenewalRequest(device.Request()));
        Assert.True(outcome.TryGet(out var issued, out var refusal), refusal?.Detail);
        using var certificate = X509CertificateLoader.LoadCertificate(issued.Der.Span);
        Assert.True(certificate.MatchesHostname("pump-1.example"));
    }

    [Fact]
    public async Task A_batch_that_falls_silent_is_ended_and_is_no_error_of_ours()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        var certificate = server.Credential(CredentialFiles.FactoryLine);

        await using (var silent = await OpenBatch.BeginAsync(server, certificate))
        {
            await time.WhenArmedAsync(1, LineReader.Patience);
            time.Advance(LineReader.Patience);
            Assert.StartsWith("HTTP/1.1 408 ", await silent.StatusLineAsync(), StringComparison.Ordinal);
        }

        // Once it is answered, nothing is left but to break it off.
        await using var stopped = await OpenBatch.BeginAsync(server, certificate);
        Assert.Equal("201", await stopped.AskAsync(Line(server.NewDevice("pump-1"))));
        await time.WhenArmedAsync(1, LineReader.Patience);
        time.Advance(LineReader.Patience);
        await Assert.ThrowsAnyAsync<IOException>(stopped.ObjectAsync);
        Assert.DoesNotContain(server.Log.OfThisServer, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static async Task RevokeAsync(TestServer server, X509Certificate2 certificate)
    {
        using var answer = await server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{certificate.SerialNumber}/revocation", new { reason = "keyCompromise" });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
