using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Provisioning.Core.Audit;

namespace Provisioning.Tests.Server;

/// <summary>The promises of the design, each a test of the same name, over real mutual TLS and a real database.</summary>
public sealed class PromiseTests
{
    [Fact]
    public async Task Every_signature_that_the_CA_key_ever_made_was_on_record_before_it_was_made()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        using (var renewed = await device.RenewAsync(device.Client())) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);

        // Root, issuing, server, OCSP, administrator, line, device, renewal: each with its reservation, audit entry and signature.
        var report = await AuditAsync(server);

        Assert.Empty(report.Findings);
        Assert.Equal(8, report.Certificates);
    }

    [Fact]
    public async Task A_retry_never_makes_a_second_certificate()
    {
        await using var server = await TestServer.StartAsync();
        var device = server.NewDevice("pump-1");
        var registrar = server.Registrar();
        var body = new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) };

        var first = await SerialAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));
        var retried = await SerialAsync(await registrar.PostAsJsonAsync("/api/v1/enrollments", body));

        Assert.Equal(first, retried);
    }

    [Fact]
    public async Task The_same_request_retried_a_day_later_gives_the_same_certificate()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        var device = server.NewDevice("pump-1");
        var body = new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) };
        var first = await SerialAsync(await PostAsync(server.Registrar(), body, "unit-1"));

        time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(first, await SerialAsync(await PostAsync(server.Registrar(), body, "unit-1")));
    }

    [Fact]
    public async Task The_same_Idempotency_Key_with_another_request_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        var (one, other) = (server.NewDevice("pump-1"), server.NewDevice("pump-2"));
        var registrar = server.Registrar();
        await SerialAsync(await PostAsync(registrar, new { deviceId = one.Id, csr = Convert.ToBase64String(one.Request()) }, "unit"));

        using var refused = await PostAsync(registrar, new { deviceId = other.Id, csr = Convert.ToBase64String(other.Request()) }, "unit");

        await Problem.IsAsync(refused, HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");
    }

    [Fact]
    public async Task I_09_One_current_certificate_per_device_and_slot_also_under_64_parallel_requests()
    {
        await using var server = await TestServer.StartAsync();
        var device = server.NewDevice("pump-1");
        var registrar = server.Registrar();
        var body = new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) };

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => registrar.PostAsJsonAsync("/api/v1/enrollments", body)));
        var serials = await Task.WhenAll(answers.Select(SerialAsync));

        Assert.Single(serials.Distinct());
        Assert.Empty((await AuditAsync(server)).Findings);
    }

    [Fact]
    public async Task I_09_Of_64_parallel_enrollments_with_different_keys_one_wins_and_the_others_are_told_so()
    {
        await using var server = await TestServer.StartAsync();
        var registrar = server.Registrar();
        var bodies = Enumerable.Range(0, 64).Select(_ =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return new { deviceId = "pump-1", csr = Convert.ToBase64String(server.NewDevice("pump-1").Request(key)) };
        }).ToList();

        var answers = await Task.WhenAll(bodies.Select(body => registrar.PostAsJsonAsync("/api/v1/enrollments", body)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var loser in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
            await Problem.IsAsync(loser, HttpStatusCode.Conflict, "device-already-bound");
    }

    [Fact]
    public async Task A_device_is_never_stranded_by_its_own_renewal()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var old = device.Client();
        using (var renewed = await device.RenewAsync(old)) Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);

        // The answer may have been lost: the old certificate goes on until the new one is seen.
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync("/api/v1/self")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);

        // Also then for the overlap: power may fail before the device has switched. It gets the new one again, or another one.
        Assert.Equal(HttpStatusCode.OK, (await old.GetAsync("/api/v1/self")).StatusCode);
        var lost = device.SerialNumber;
        using (await device.RenewAsync(old, newKey: false)) Assert.Equal(lost, device.SerialNumber);
        using (await device.RenewAsync(old)) Assert.NotEqual(lost, device.SerialNumber);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);
    }

    [Fact]
    public async Task A_renewal_whose_answer_was_lost_is_given_again_for_the_same_key()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var old = device.Client();
        using (await device.RenewAsync(old)) { }
        var first = device.SerialNumber;

        using var again = await device.RenewAsync(old, newKey: false);

        Assert.Equal(first, device.SerialNumber);
    }

    [Fact]
    public async Task TM_07_A_revoked_device_is_refused_on_its_already_open_connection_within_2_seconds_and_is_in_the_CRL_within_60()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var open = device.Client();
        Assert.Equal(HttpStatusCode.OK, (await open.GetAsync("/api/v1/self")).StatusCode);
        var before = server.Crl()?.Number ?? 0; // the first one may still be in the making

        using var revoked = await server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{device.SerialNumber}/revocation", new { reason = "keyCompromise" });

        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        await Problem.IsAsync(await open.GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");
        await Problem.IsAsync(await device.RenewAsync(open), HttpStatusCode.Forbidden, "certificate-revoked");
        await TestServer.UntilAsync(() => server.Crl() is { Entries: 1 } crl && crl.Number > before, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_held_certificate_is_refused_and_works_again_after_its_release()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var administrator = server.Administrator();
        var address = $"/api/v1/certificates/{device.SerialNumber}/revocation";

        using (await administrator.PostAsJsonAsync(address, new { reason = "certificateHold" })) { }
        await Problem.IsAsync(await device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-on-hold");
        using (var released = await administrator.DeleteAsync(address)) Assert.Equal(HttpStatusCode.OK, released.StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);
    }

    [Fact]
    public async Task K_08_The_key_of_one_device_is_refused_for_another()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var thief = server.NewDevice("pump-2");

        using var refused = await server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = "pump-2", csr = Convert.ToBase64String(thief.Request(device.Key)) });

        await Problem.IsAsync(refused, HttpStatusCode.Conflict, "key-in-use");
    }

    [Fact]
    public async Task C_44_A_key_that_was_revoked_for_compromise_is_never_certified_again()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        using (await server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{device.SerialNumber}/revocation", new { reason = "keyCompromise" })) { }

        using var refused = await server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = "pump-1", csr = Convert.ToBase64String(device.Request()) });

        await Problem.IsAsync(refused, HttpStatusCode.UnprocessableEntity, "key-blocked");
    }

    [Fact]
    public async Task No_private_key_of_a_device_is_stored_and_no_secret_is_stored_in_clear_nor_logged()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-test-");
        try
        {
            byte[][] secrets;
            await using (var server = await TestServer.StartAsync(directory: folder.FullName))
            {
                var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
                secrets =
                [
                    device.Key.ExportParameters(true).D!,
                    server.Authorities.Issuing.Key!.Use(key => ((ECDsa)key).ExportParameters(true).D!),
                ];
                var request = Convert.ToBase64String(device.Request())[..40];
                Assert.DoesNotContain(server.Log.All, line => line.Contains(request) || line.Contains("PRIVATE KEY"));
                await LookForAsync(secrets, folder);
            }

            await LookForAsync(secrets, folder);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task LookForAsync(byte[][] secrets, DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            // Locked for the process, and always empty.
            if (file.Extension == ".lock") continue;
            byte[] content;
            try
            {
                await using var stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                content = new byte[stream.Length];
                await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false);
            }
            catch (FileNotFoundException)
            {
                // A CRL in the making, which has its name by now; looked at when the service has stopped.
                continue;
            }

            foreach (var secret in secrets) Assert.True(content.AsSpan().IndexOf(secret) < 0, file.FullName);
        }
    }

    private static Task<AuditReport> AuditAsync(TestServer server) => new Auditor(
        server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(default);

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, object body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/enrollments")
        {
            Content = JsonContent.Create(body),
            Headers = { { "Idempotency-Key", key } },
        };
        return await client.SendAsync(request);
    }

    private static async Task<string> SerialAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.Created, $"{(int)response.StatusCode} {text}");
            using var json = JsonDocument.Parse(text);
            return json.RootElement.GetProperty("serialNumber").GetString()!;
        }
    }
}
