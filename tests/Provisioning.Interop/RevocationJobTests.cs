using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>kill -9 after each part of a revocation job: it goes on by itself, does nothing twice, and leaves nothing out.</summary>
public sealed class RevocationJobTests
{
    private const string Path = "/api/v1/revocation-jobs";
    private const int Devices = 250;
    private static readonly Dictionary<string, string> Armed = new() { ["PROVISIONING_FAILPOINT"] = "after-revocation-part" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("keyCompromise")]
    [InlineData("superseded")]
    public async Task A_job_that_is_killed_after_every_part_revokes_each_certificate_once(string reason)
    {
        await using var server = await ServerProcess.StartAsync(environment: Armed);
        await EnrollAsync(server);
        var token = await PreviewAsync(server, reason);
        var kills = 0;
        JsonElement? finished = null;
        for (; finished is null && kills < 12; kills++)
        {
            if (kills > 0) await StartAsync(server);
            finished = await ConfirmUntilOverAsync(server, token);
        }

        Assert.True(finished is not null, "The job does not end.");
        Assert.Equal((Devices, 0), (finished.Value.GetProperty("done").GetInt32(), finished.Value.GetProperty("failed").GetInt32()));
        Assert.True(kills > 2, $"It was killed {kills - 1} times only.");
        await AssertRevokedAsync(server);
        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output);
    }

    private static async Task EnrollAsync(ServerProcess server)
    {
        using var line = Api.Client(server, "factory-line");
        await Parallel.ForEachAsync(Enumerable.Range(0, Devices), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (unit, _) =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await Api.EnrollPemAsync(line, $"unit-{unit}", key);
        });
    }

    private static async Task<string> PreviewAsync(ServerProcess server, string reason)
    {
        using var administrator = Api.Client(server, "admin");
        using var answer = await administrator.PostAsJsonAsync(Path + "/preview", new { reason, filter = new { profile = "device" } }, Ct);
        var preview = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        Assert.Equal(Devices, preview.GetProperty("certificates").GetInt32());
        return preview.GetProperty("confirmationToken").GetString()!;
    }

    // It may be killed again before it is ready.
    private static async Task StartAsync(ServerProcess server)
    {
        try
        {
            await server.StartAgainAsync(Armed);
        }
        catch (Exception) when (server.Process.HasExited)
        {
        }
    }

    // The same token gives the same job, whatever became of the answer. Null when the server was killed.
    private static async Task<JsonElement?> ConfirmUntilOverAsync(ServerProcess server, string token)
    {
        using var administrator = Api.Client(server, "admin");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!server.Process.HasExited)
        {
            try
            {
                using var answer = await administrator.PostAsJsonAsync(Path, new { confirmationToken = token }, Ct);
                var job = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
                if (job.GetProperty("state").GetString() == "finished") return job;
            }
            catch (Exception problem) when (problem is HttpRequestException or IOException)
            {
                // Killed in the middle; the process says so in a moment.
            }

            await timer.WaitForNextTickAsync(Ct);
        }

        return null;
    }

    private static async Task AssertRevokedAsync(ServerProcess server)
    {
        using var administrator = Api.Client(server, "admin");
        var all = await Api.ListAsync(administrator, "/api/v1/certificates?holderKind=device");
        Assert.Equal(Devices, all.Count);
        Assert.All(all, one => Assert.Equal("revoked", one.GetProperty("state").GetString()));
        for (var unit = 0; unit < Devices; unit += 25)
        {
            var history = await Api.ListAsync(administrator, $"/api/v1/devices/unit-{unit}/history");
            Assert.Single(history, entry => entry.GetProperty("action").GetString() == "certificate-revoked");
        }
    }
}
