using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>What a lot promises while the service is killed.</summary>
public sealed class LotTests
{
    private const int Quota = 10;
    private const int Units = 100;

    [Fact]
    public async Task TM_01_A_hundred_at_once_through_two_listeners_and_a_kill_get_the_ten_certificates_that_were_ordered()
    {
        await using var server = await ServerProcess.StartAsync(environment: new Dictionary<string, string>
        {
            ["Provisioning__ListenAddress"] = "127.0.0.1;127.0.0.2",
        });
        using var administrator = Api.Client(server, "admin");
        using var one = Station(server, "127.0.0.1");
        using var other = Station(server, "127.0.0.2");
        await Lots.OpenAsync(administrator, "PO-1", Quota);

        using var done = new CancellationTokenSource();
        var watching = WatchAsync(administrator, done.Token);
        var answered = 0;
        var few = new TaskCompletionSource();
        var asking = Enumerable.Range(0, Units).Select(i => UntilAnsweredAsync(i % 2 == 0 ? one : other, $"unit-{i}", () =>
        {
            if (Interlocked.Increment(ref answered) == 3) few.TrySetResult();
        })).ToArray();
        await few.Task;
        await server.KillAsync();
        Assert.Contains(asking, unit => !unit.IsCompleted);
        await server.StartAgainAsync();
        var answers = await Task.WhenAll(asking);
        await done.CancelAsync();

        Assert.True(await watching > 0, "Nobody looked at the counter.");
        Assert.Equal(Quota, answers.Count(answer => answer == "201"));
        Assert.Equal(Units - Quota, answers.Count(answer => answer == "403 quota-exhausted"));
        var counts = await Lots.CountsAsync(administrator, "PO-1");
        Assert.Equal((Quota, 0), (counts.GetProperty("issued").GetInt64(), counts.GetProperty("remaining").GetInt64()));
        Assert.InRange(counts.GetProperty("beyond").GetInt64(), Units - Quota, long.MaxValue);
        Assert.Equal(Quota, (await Api.ListAsync(administrator, "/api/v1/certificates?holderKind=device&state=current")).Count);
        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    [Fact]
    public async Task A_close_that_was_killed_before_it_signed_goes_on_at_the_next_start_with_the_lot_frozen()
    {
        await using var server = await ServerProcess.StartAsync(environment: new Dictionary<string, string>
        {
            ["PROVISIONING_FAILPOINT"] = "after-lot-closed",
        });
        using (var administrator = Api.Client(server, "admin"))
        {
            await Lots.OpenAsync(administrator, "PO-1", Quota);
            using var station = Api.Client(server, "factory-line");
            Assert.Equal("201", await UntilAnsweredAsync(station, "unit-1", () => { }));
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => Lots.CloseAsync(administrator, "PO-1"));
        }

        await server.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
        await server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = "" });
        using (var administrator = Api.Client(server, "admin"))
        {
            using var station = Api.Client(server, "factory-line");
            Assert.Equal("403 lot-closed", await UntilAnsweredAsync(station, "unit-2", () => { }));
            var report = await administrator.GetStringAsync("/api/v1/lots/PO-1/report", TestContext.Current.CancellationToken);
            Assert.Equal(report, await Lots.CloseAsync(administrator, "PO-1"));
        }

        await server.StopAsync();
        audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    private static HttpClient Station(ServerProcess server, string address)
    {
        var client = Api.Client(server, "factory-line");
        client.BaseAddress = new Uri($"https://{address}:{server.HttpsPort}");
        return client;
    }

    // As a station does: the same request until there is an answer that is one.
    private static async Task<string> UntilAnsweredAsync(HttpClient station, string unit, Action answered)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        do
        {
            try
            {
                using var response = await Lots.EnrollAsync(station, "PO-1", unit, key);
                var code = response.Headers.TryGetValues("Provisioning-Error", out var codes) ? codes.Single() : "";
                if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable || code == "request-in-progress")
                    continue;
                answered();
                return $"{(int)response.StatusCode} {code}".TrimEnd();
            }
            catch (Exception problem) when (problem is HttpRequestException or IOException or TaskCanceledException)
            {
                // The server was killed; nobody knows what came of it, and so it is asked again.
            }
        }
        while (await interval.WaitForNextTickAsync(limit.Token));
        throw new TimeoutException($"The unit {unit} was never answered.");
    }

    // Whatever is going on, the counter stays between nothing and what was ordered.
    private static async Task<int> WatchAsync(HttpClient administrator, CancellationToken ct)
    {
        var looks = 0;
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await interval.WaitForNextTickAsync(ct))
            {
                JsonElement counts;
                try
                {
                    counts = await Lots.CountsAsync(administrator, "PO-1");
                }
                catch (Exception problem) when (problem is HttpRequestException or IOException or TaskCanceledException)
                {
                    // Killed at this moment.
                    continue;
                }

                Assert.InRange(counts.GetProperty("issued").GetInt64(), 0, Quota);
                Assert.InRange(counts.GetProperty("remaining").GetInt64(), 0, Quota);
                looks++;
            }
        }
        catch (OperationCanceledException)
        {
            // Everything is answered.
        }

        return looks;
    }
}
