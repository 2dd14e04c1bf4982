using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>
/// kill -9 in each window of the pipeline, at the named failpoints: everything acknowledged is there, everything signed has its
/// reservation, the audit is clean, and the next start is ready within 5 seconds.
/// </summary>
public sealed class FailpointTests
{
    private static readonly string[] Names = ["after-identify", "after-reserve", "after-sign", "after-record", "before-answer"];

    // The whole proof is 100 rounds; the suite makes two of each window, and PROVISIONING_ROUNDS makes as many as it says.
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_ROUNDS"), out var rounds) ? rounds : 10;

    [Fact]
    public async Task What_was_answered_survives_kill_9_in_every_window_of_the_pipeline()
    {
        await using var server = await ServerProcess.StartAsync();
        await server.StopAsync();
        var acknowledged = new ConcurrentDictionary<string, string>();
        for (var round = 0; round < Rounds; round++)
        {
            // The start that recovers from one kill is the one that the next kill ends: a process of its own for each would prove no more.
            var passage = 1 + RandomNumberGenerator.GetInt32(12);
            await StartAsync(server, $"{Names[round % Names.Length]}:{passage}", acknowledged);
            await EnrollUntilKilledAsync(server, round, acknowledged);
            Assert.True(server.Process.HasExited, $"Round {round}: nothing was killed.");
            await AssertCleanAsync(server, $"round {round}, {Names[round % Names.Length]}");
        }

        await StartAsync(server, failpoint: "", acknowledged);
    }

    // Ready within 5 seconds, in the time that the process itself used: another load on the machine is not its fault.
    private static async Task StartAsync(ServerProcess server, string failpoint, ConcurrentDictionary<string, string> acknowledged)
    {
        await server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = failpoint });
        Assert.InRange(server.Process.TotalProcessorTime, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await AssertAcknowledgedAsync(server, acknowledged);
    }

    // Eight callers at once, so that a commit holds several and a kill meets others half way.
    private static async Task EnrollUntilKilledAsync(ServerProcess server, int round, ConcurrentDictionary<string, string> acknowledged)
    {
        using var client = Api.Client(server, "factory-line");
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (unit, ct) =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var device = $"unit-{round}-{unit}";
            try
            {
                using var response = await Api.EnrollAsync(client, device, Api.Request(key, device));
                if (!response.IsSuccessStatusCode) return;
                using var certificate = X509Certificate2.CreateFromPem(await response.Content.ReadAsStringAsync(ct));
                acknowledged[device] = certificate.SerialNumber;
            }
            catch (Exception problem) when (problem is HttpRequestException or IOException or TaskCanceledException)
            {
                // Killed in the middle: nothing was acknowledged, so nothing is promised.
            }
        });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await server.Process.WaitForExitAsync(limit.Token);
    }

    private static async Task AssertAcknowledgedAsync(ServerProcess server, ConcurrentDictionary<string, string> acknowledged)
    {
        using var administrator = Api.Client(server, "admin");
        var current = (await Api.ListAsync(administrator, "/api/v1/certificates?holderKind=device&state=current"))
            .ToDictionary(row => row.GetProperty("holder").GetString()!, row => row.GetProperty("serialNumber").GetString()!);
        foreach (var (device, serialNumber) in acknowledged) Assert.Equal(serialNumber, current.GetValueOrDefault(device));
    }

    private static async Task AssertCleanAsync(ServerProcess server, string round)
    {
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, $"{round}\n{audit.Output}\n{audit.Error}");
    }
}
