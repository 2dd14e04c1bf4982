using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Faults;

/// <summary>A disk that fails (row I-05), and one that is full (row I-04), under the real server.</summary>
public sealed class DiskFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task I_05_after_a_failed_flush_nothing_is_signed_and_the_process_ends_with_an_error_within_5_seconds()
    {
        // Of the thread that writes; the start takes about thirty.
        using var strace = Strace.FailingFlush(60);
        await using var server = await ServerProcess.StartAsync(under: strace.Command);
        // A caller who takes his time must not keep the process.
        await using var slow = await HalfARequestAsync(server);
        var issued = new ConcurrentDictionary<string, string>();
        var failed = new TaskCompletionSource<long>();
        using var registrar = Api.Client(server, "factory-line");
        for (var i = 0; !failed.Task.IsCompleted; i++)
        {
            Assert.True(i < 500, "Nothing failed.");
            try
            {
                var (status, code) = await EnrollAsync(registrar, $"pump-{i}", issued);
                if (status == HttpStatusCode.Created) continue;
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "storage-unavailable"), (status, code));
            }
            catch (HttpRequestException)
            {
                // The idle writer copies its log, too; when that has failed first, nobody was in the middle of anything.
            }

            failed.SetResult(Stopwatch.GetTimestamp());
        }

        using var limit = new CancellationTokenSource(Patience);
        await server.Process.WaitForExitAsync(limit.Token);

        Assert.NotEqual(0, server.Process.ExitCode);
        await server.StartAgainAsync();
        await AssertIssuedAsync(server, issued);
        await AssertCleanAsync(server);
    }

    [Fact]
    public async Task I_04_a_full_disk_is_told_to_callers_and_is_over_when_there_is_room_again()
    {
        using var disk = await SmallDisk.MountAsync(megabytes: 6);
        await using var server = await ServerProcess.StartAsync(disk.Directory);
        var issued = new ConcurrentDictionary<string, string>();
        using var registrar = Api.Client(server, "factory-line");
        using var plain = new HttpClient { BaseAddress = new Uri(server.Http) };
        Assert.Equal(HttpStatusCode.Created, (await EnrollAsync(registrar, "before", issued)).Status);

        disk.Fill();
        var refused = 0;
        // The log has room left inside it, and gets more whenever it is copied: it takes a while until every one fails.
        var filled = Stopwatch.GetTimestamp();
        for (var i = 0; refused < 5 || await StatusAsync(plain, "/health/ready") != HttpStatusCode.ServiceUnavailable; i++)
        {
            Assert.True(Stopwatch.GetElapsedTime(filled) < TimeSpan.FromSeconds(30), $"{refused} refused, and still ready.");
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var response = await Api.EnrollAsync(registrar, $"full-{i}", Api.Request(key, $"full-{i}"));
            if (await TakeAsync(response, $"full-{i}", issued)) continue;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal("storage-unavailable", response.Headers.GetValues("Provisioning-Error").Single());
            Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
            refused++;
        }

        foreach (var path in new[] { "/crl/issuing.crl", "/ca/issuing.cer", "/health/live" })
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(plain, path));

        disk.Free();
        var freed = Stopwatch.GetTimestamp();
        for (var i = 0; (await EnrollAsync(registrar, $"after-{i}", issued)).Status != HttpStatusCode.Created; i++)
            Assert.InRange(Stopwatch.GetElapsedTime(freed), TimeSpan.Zero, Patience);
        while (await StatusAsync(plain, "/health/ready") != HttpStatusCode.OK)
            Assert.InRange(Stopwatch.GetElapsedTime(freed), TimeSpan.Zero, Patience);
        await AssertIssuedAsync(server, issued);
        await AssertCleanAsync(server);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        return response.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, string? Code)> EnrollAsync(
        HttpClient registrar, string device, ConcurrentDictionary<string, string> issued)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var response = await Api.EnrollAsync(registrar, device, Api.Request(key, device));
        await TakeAsync(response, device, issued);
        return (response.StatusCode, response.Headers.TryGetValues("Provisioning-Error", out var code) ? code.Single() : null);
    }

    private static async Task<bool> TakeAsync(HttpResponseMessage response, string device, ConcurrentDictionary<string, string> issued)
    {
        if (!response.IsSuccessStatusCode) return false;
        using var certificate = X509Certificate2.CreateFromPem(await response.Content.ReadAsStringAsync());
        return issued.TryAdd(device, certificate.SerialNumber);
    }

    private static async Task<SslStream> HalfARequestAsync(ServerProcess server)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.HttpsPort);
        var tls = new SslStream(client.GetStream());
        using var certificate = Api.Credential(server, "factory-line");
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
        await tls.WriteAsync("POST /api/v1/enrollments?deviceId=slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\n"u8.ToArray());
        await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes("Content-Length: 16000\r\n\r\n" + new string('a', 15_000)));
        return tls;
    }

    private static async Task AssertIssuedAsync(ServerProcess server, ConcurrentDictionary<string, string> issued)
    {
        using var administrator = Api.Client(server, "admin");
        var current = (await Api.ListAsync(administrator, "/api/v1/certificates?holderKind=device&state=current"))
            .ToDictionary(row => row.GetProperty("holder").GetString()!, row => row.GetProperty("serialNumber").GetString()!);
        foreach (var (device, serialNumber) in issued) Assert.Equal(serialNumber, current.GetValueOrDefault(device));
    }

    private static async Task AssertCleanAsync(ServerProcess server)
    {
        await server.StopAsync();
        Assert.Equal(0, server.Process.ExitCode);
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }
}
