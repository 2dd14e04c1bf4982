using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>
/// SIGTERM under load (row I-21): whatever the server has begun, it answers. What was issued and what callers have received must be the
/// same, so nothing was signed and left unanswered; and every answer is a certificate.
/// </summary>
public sealed class GracefulStopTests
{
    private const int Rounds = 5;
    private const int Callers = 8;

    [Fact]
    public async Task I_21_no_request_that_was_begun_fails_when_the_server_is_stopped_under_load()
    {
        await using var server = await ServerProcess.StartAsync(
            environment: new Dictionary<string, string>
            {
                ["Provisioning__Limits__Registrar__PerSecond"] = "100000",
                ["Provisioning__Limits__Registrar__Burst"] = "100000",
            });
        var received = new ConcurrentDictionary<string, string>();
        var failed = new ConcurrentQueue<string>();
        for (var round = 0; round < Rounds; round++)
        {
            if (round > 0) await server.StartAgainAsync();
            var before = received.Count;
            var callers = Enumerable.Range(0, Callers).Select(caller => CallAsync(server, $"unit-{round}-{caller}", received, failed)).ToList();
            await UntilAsync(() => received.Count >= before + 20 * (round + 1));

            await server.StopAsync();
            await Task.WhenAll(callers);
            Assert.Equal(0, server.Process.ExitCode);
        }

        Assert.Empty(failed);
        await server.StartAgainAsync();
        using (var administrator = Api.Client(server, "admin"))
        {
            var issued = await Api.ListAsync(administrator, "/api/v1/certificates?holderKind=device");
            Assert.Equal(
                received.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} current {one.Value}"),
                issued.Select(row => $"{row.GetProperty("holder").GetString()} {row.GetProperty("state").GetString()} {row.GetProperty("serialNumber").GetString()}")
                    .Order(StringComparer.Ordinal));
        }

        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    private static async Task UntilAsync(Func<bool> happened)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!happened()) await timer.WaitForNextTickAsync(limit.Token);
    }

    // Until the server is gone. A connection that is refused, or closed before the request went out, was no request.
    private static async Task CallAsync(
        ServerProcess server, string prefix, ConcurrentDictionary<string, string> received, ConcurrentQueue<string> failed)
    {
        using var registrar = Api.Client(server, "factory-line");
        for (var i = 0; ; i++)
        {
            var device = $"{prefix}-{i}";
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            try
            {
                using var response = await Api.EnrollAsync(registrar, device, Api.Request(key, device));
                var body = await response.Content.ReadAsStringAsync();
                if (response.StatusCode != HttpStatusCode.Created)
                {
                    failed.Enqueue($"{device}: {(int)response.StatusCode} {body}");
                    return;
                }

                using var certificate = X509Certificate2.CreateFromPem(body);
                received[device] = certificate.SerialNumber;
            }
            catch (Exception problem) when (problem is HttpRequestException or IOException)
            {
                return;
            }
        }
    }
}
