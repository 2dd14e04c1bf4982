using System.Globalization;
using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>When the scripts that play a device come back: <c>as_device</c> in samples/walkthrough.sh.</summary>
public sealed partial class DeviceScriptTests
{
    private const string Closed = "";

    public static TheoryData<string, string[], int> Answers { get; } = new()
    {
        { "201", [Closed, "HTTP/1.1 503 Service Unavailable\nContent-Length: 0", "HTTP/1.1 429 Too Many Requests\nretry-after: 1\nContent-Length: 0", "HTTP/1.1 201 Created\nContent-Length: 0"], 4 },
        { "201", ["HTTP/1.1 409 Conflict\nRetry-After: 0\nContent-Length: 0", "HTTP/1.1 201 Created\nContent-Length: 0"], 2 },
        { "201", ["HTTP/1.1 201 Created\nContent-Length: 5", "HTTP/1.1 201 Created\nContent-Length: 0"], 2 },
        { "201", ["HTTP/1.1 409 Conflict\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\nContent-Length: 0", "HTTP/1.1 201 Created\nContent-Length: 0"], 2 },
        { "201", ["HTTP/1.1 403 Forbidden\nretry-after:\nContent-Length: 0", "HTTP/1.1 201 Created\nContent-Length: 0"], 2 },
        { "202", ["HTTP/1.1 202 Accepted\nRetry-After: 1\nContent-Length: 0"], 1 },
        { "403", ["HTTP/1.1 403 Forbidden\nContent-Length: 0"], 1 },
        { "503", ["HTTP/1.1 503 Service Unavailable\nRetry-After: 86400\nContent-Length: 0"], 1 },
        { "000", [Closed], 5 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_request_is_repeated_when_that_may_help(string status, string[] answers, int connections)
    {
        await using var service = new PreparedService([.. answers.Select(answer => answer == Closed ? [] : PreparedService.Answer(answer, 0))]);
        Assert.Equal((status, connections), (await AskAsync(service, service.Certificate, 0, 0), service.Connections.Count));
    }

    [Fact]
    public async Task Retry_After_is_honored()
    {
        await using var service = new PreparedService(
            PreparedService.Answer("HTTP/1.1 503 Service Unavailable\nRetry-After: 2\nContent-Length: 0", 0), PreparedService.Answer("HTTP/1.1 200 OK\nContent-Length: 0", 0));
        Assert.Equal("200", await AskAsync(service, service.Certificate, 1, 1));
        Assert.True(service.Connections[1] - service.Connections[0] >= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Pauses_double_up_to_the_longest_and_begin_anew_when_the_service_says_a_time()
    {
        await using var closed = new PreparedService(Array.Empty<byte>());
        var run = await RunAsync(closed, closed.Certificate, 1, 2);
        Assert.Equal("000", run.Output);
        Assert.Equal([(0, 1), (0, 2), (0, 2), (0, 2)], PausesOf(run));
        Assert.True(AgainLine.Matches(run.Error).Select(line => line.Groups[1].Value).Distinct().Count() > 1);

        await using var busy = new PreparedService(
            [], [], PreparedService.Answer("HTTP/1.1 503 Service Unavailable\nRetry-After: 1\nContent-Length: 0", 0), []);
        Assert.Equal([(0, 1), (0, 2), (1, 2), (0, 1)], PausesOf(await RunAsync(busy, busy.Certificate, 1, 2)));
    }

    [Fact]
    public async Task A_service_that_is_not_trusted_is_asked_once()
    {
        await using var service = new PreparedService(Array.Empty<byte>());
        await using var other = new PreparedService(Array.Empty<byte>());
        Assert.Equal(("000", 1), (await AskAsync(service, other.Certificate, 0, 0), service.Connections.Count));
    }

    [GeneratedRegex(@"^again in ([\d.]+) s, of (\d+) to (\d+)$", RegexOptions.Multiline)]
    private static partial Regex AgainLine { get; }

    // Between what and what chance has decided, in seconds; each time it has kept to that.
    private static (int Least, int Most)[] PausesOf(Tool run) => [.. AgainLine.Matches(run.Error).Select(line =>
    {
        var (least, most) = (int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture), int.Parse(line.Groups[3].Value, CultureInfo.InvariantCulture));
        Assert.InRange(decimal.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture), least, most);
        return (least, most);
    })];

    private static async Task<string> AskAsync(PreparedService service, string root, int firstPause, int longestPause) =>
        (await RunAsync(service, root, firstPause, longestPause)).Output;

    private static async Task<Tool> RunAsync(PreparedService service, string root, int firstPause, int longestPause)
    {
        var folder = Directory.CreateTempSubdirectory("device script ").FullName;
        try
        {
            var script = $"""
                set -euo pipefail
                . '{Repository.At("samples", "walkthrough.sh")}' -s '{service.Url}' -o '{folder}'
                as_device "$work/head" --cacert '{root}' -o "$work/answer" "$server/"
                """;
            var run = await Tool.RunAsync("bash", ["-c", script], environment: new Dictionary<string, string>
            {
                ["first_pause"] = firstPause.ToString(CultureInfo.InvariantCulture),
                ["longest_pause"] = longestPause.ToString(CultureInfo.InvariantCulture),
                ["attempts"] = "5",
            });
            Assert.True(run.ExitCode == 0, run.Error);
            return run;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
