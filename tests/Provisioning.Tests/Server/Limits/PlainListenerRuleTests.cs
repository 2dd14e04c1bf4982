using System.Net;

namespace Provisioning.Tests.Server.Limits;

/// <summary>What anybody may ask over plain HTTP, and how much of it.</summary>
public sealed class PlainListenerRuleTests
{
    [Fact]
    public async Task TM_24_an_address_that_asks_too_much_over_plain_HTTP_is_told_when_to_come_back_and_callers_over_HTTPS_are_not_concerned()
    {
        const int Burst = 20;
        await using var server = await TestServer.StartAsync(options => options.Limits.Status = new() { PerSecond = 1, Burst = Burst });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var client = new HttpClient { BaseAddress = server.Http };
        var taken = 0;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        string[] paths = ["/ca/issuing.cer", "/health/live", "/ca/root.cer"];
        var answer = await client.GetAsync(paths[0], limit.Token);
        for (; answer.StatusCode == HttpStatusCode.OK; answer = await client.GetAsync(paths[taken % paths.Length], limit.Token)) taken++;

        // A busy machine gives the bucket time to fill while it is emptied.
        Assert.InRange(taken, Burst, Burst + 1 + (int)watch.Elapsed.TotalSeconds);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        await Problem.IsAsync(answer, HttpStatusCode.TooManyRequests, "too-many-requests");
        using var other = await server.Administrator().GetAsync("/ca/issuing.cer", limit.Token);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }
}
