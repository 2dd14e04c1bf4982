using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>When samples/firmware-c comes back: "When to come back" in README.md of the project.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed partial class FirmwarePauseTests(FirmwareBuild firmware)
{
    private const int Usage = 1, Network = 3, Refused = 5;
    private static readonly byte[] Closed = [];

    [Fact]
    public async Task Retry_After_is_honored_and_attempts_are_counted()
    {
        await using var service = new PreparedService(
            PreparedService.Answer("HTTP/1.1 429 Too Many Requests\nRetry-After: 2\nContent-Length: 0", 0),
            PreparedService.Answer("HTTP/1.1 503 Service Unavailable\nContent-Length: 0", 0),
            PreparedService.Answer("HTTP/1.1 409 Conflict\nProvisioning-Error: request-in-progress\nRetry-After: 1\nContent-Length: 0", 0));
        var run = await EnrollAtAsync(service, "--attempts", "4");
        FirmwareBuild.Check(Network, run);
        Assert.Equal([(2000, 3000), (0, 1000), (1000, 2000)], PausesOf(run));
        Assert.Equal(4, service.Connections.Count);
        Assert.True(service.Connections[1] - service.Connections[0] >= TimeSpan.FromSeconds(2));
        Assert.True(service.Connections[3] - service.Connections[2] >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Closed_connections_lead_to_pauses_that_double_and_begin_anew_when_the_service_says_a_time()
    {
        await using var service = new PreparedService(
            Closed, Closed, Closed, Closed, PreparedService.Answer("HTTP/1.1 503 Service Unavailable\nRetry-After: 0\nContent-Length: 0", 0), Closed, Closed);
        var run = await EnrollAtAsync(service, "--attempts", "8", "--first-pause", "1", "--longest-pause", "3");
        FirmwareBuild.Check(Network, run);
        Assert.Equal([(0, 1000), (0, 2000), (0, 3000), (0, 3000), (0, 1000), (0, 1000), (0, 2000)], PausesOf(run));
        Assert.True(AgainLine.Matches(run.Error).Select(line => line.Groups[1].Value).Distinct().Count() > 1);
        Assert.Equal(8, service.Connections.Count);
    }

    [Theory]
    [InlineData("409 Conflict", "Wed, 21 Oct 2026 07:28:00 GMT")]
    [InlineData("403 Forbidden", "")]
    [InlineData("503 Service Unavailable", "tomorrow")]
    public async Task A_time_that_cannot_be_read_means_later_and_says_no_more(string status, string time)
    {
        await using var service = new PreparedService(PreparedService.Answer($"HTTP/1.1 {status}\nRetry-After: {time}\nContent-Length: 0", 0));
        var run = await EnrollAtAsync(service, "--attempts", "3");
        FirmwareBuild.Check(Network, run);
        Assert.Equal([(0, 1000), (0, 2000)], PausesOf(run));
    }

    [Fact]
    public async Task A_line_waits_a_second_at_first_and_does_not_wait_to_begin()
    {
        await using var service = new PreparedService(Closed);
        var run = await EnrollAtAsync(service, "--attempts", "2");
        FirmwareBuild.Check(Network, run);
        Assert.Equal([(0, 1000)], PausesOf(run));
        Assert.DoesNotContain("first request", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_by_itself_begins_at_any_moment_of_a_minute_and_one_that_somebody_waits_for_at_once()
    {
        await using var service = new PreparedService(Closed);
        var token = await firmware.WriteAsync("PVT1.0123456789ABCDEF.0123456789ABCDEF0123456789ABCDEF\n");
        Assert.Matches(FirstLine, await FirmwareBuild.FirstLineAsync(firmware.Plain, WithToken(service, token)));
        Assert.StartsWith("http: ", await FirmwareBuild.FirstLineAsync(firmware.Plain, [.. WithToken(service, token), "--attended"]), StringComparison.Ordinal);
        Assert.StartsWith(
            "http: ",
            await FirmwareBuild.FirstLineAsync(firmware.Plain, [.. WithToken(service, token), "--cert", service.Certificate, "--key", service.Key]),
            StringComparison.Ordinal);

        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-begins", store));
        Assert.Matches(
            FirstLine, await FirmwareBuild.FirstLineAsync(firmware.Plain, [.. firmware.Renewal(store).Where(argument => argument != "--attended")]));
        Assert.Empty(await FirmwareBuild.FirstLineAsync(firmware.Plain, firmware.Renewal(store)));
    }

    [Fact]
    public async Task A_device_by_itself_waits_to_begin_once_and_asks_without_counting_until_it_is_answered()
    {
        await using var service = new PreparedService(
            [.. Enumerable.Repeat(Closed, 11), PreparedService.Answer("HTTP/1.1 403 Forbidden\nProvisioning-Error: not-allowed\nContent-Length: 0", 0)]);
        var token = await firmware.WriteAsync("PVT1.0123456789ABCDEF.0123456789ABCDEF0123456789ABCDEF\n");
        var begun = Stopwatch.GetTimestamp();
        var run = await FirmwareBuild.RunAsync(firmware.Sanitized, [.. WithToken(service, token), "--first-pause", "1", "--longest-pause", "1"]);
        FirmwareBuild.Check(Refused, run);
        Assert.Equal(Enumerable.Repeat((0, 1000), 11), PausesOf(run));
        Assert.Single(FirstRequest.Matches(run.Error));
        Assert.True(Stopwatch.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(AgainLine.Matches(run.Error).Concat(FirstRequest.Matches(run.Error))
            .Sum(line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("--timeout", "0")]
    [InlineData("--timeout", "3601")]
    [InlineData("--first-pause", "3601")]
    [InlineData("--first-pause", "0")]
    [InlineData("--first-pause", "-1")]
    [InlineData("--longest-pause", "an hour")]
    [InlineData("--longest-pause", "")]
    [InlineData("--attempts", "0")]
    public async Task A_pause_that_is_none_is_refused(string option, string value)
    {
        await using var service = new PreparedService(Array.Empty<byte>());
        FirmwareBuild.Check(Usage, await EnrollAtAsync(service, option, value));
        Assert.Empty(service.Connections);
    }

    [GeneratedRegex(@"^again in (\d+) ms, of (\d+) to (\d+)$", RegexOptions.Multiline)]
    private static partial Regex AgainLine { get; }

    [GeneratedRegex(@"^first request in (\d+) ms, of 0 to 1000$", RegexOptions.Multiline)]
    private static partial Regex FirstRequest { get; }

    [GeneratedRegex(@"^first request in [0-5]?\d{1,4} ms, of 0 to 60000$")]
    private static partial Regex FirstLine { get; }

    // Between what and what chance has decided; each time it has kept to that.
    private static (int Least, int Most)[] PausesOf(Tool run)
    {
        var pauses = AgainLine.Matches(run.Error).Select(line => line.Groups.Values.Skip(1).Select(group => int.Parse(group.Value, CultureInfo.InvariantCulture)).ToArray());
        return [.. pauses.Select(pause =>
        {
            Assert.InRange(pause[0], pause[1], pause[2] - 1);
            return (pause[1], pause[2]);
        })];
    }

    private string[] WithToken(PreparedService service, string token) =>
    [
        "enroll", "--est", "--url", service.Url, "--ca", service.Certificate, "--token-file", token, "--device", "firmware-prepared",
        "--store", firmware.NewStore(),
    ];

    private Task<Tool> EnrollAtAsync(PreparedService service, params string[] more) => FirmwareBuild.RunAsync(
        firmware.Sanitized,
        [
            "enroll", "--url", service.Url, "--ca", service.Certificate, "--cert", service.Certificate, "--key", service.Key,
            "--device", "firmware-prepared", "--store", firmware.NewStore(), .. more,
        ]);
}
