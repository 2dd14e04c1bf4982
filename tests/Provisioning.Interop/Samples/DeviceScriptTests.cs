using System.Globalization;

namespace Provisioning.Interop.Samples;

/// <summary>When the scripts that play a device come back: <c>as_device</c> in samples/walkthrough.sh.</summary>
public sealed class DeviceScriptTests
{
    private const string Closed = "";

    public static TheoryData<string, string[], int> Answers { get; } = new()
    {
        { "201", [Closed, "HTTP/1.1 503 Service Unavailable\nContent-Length: 0", "HTTP/1.1 429 Too Many Requests\nretry-after: 1\nContent-Length: 0", "HTTP/1.1 201 Created\nContent-Length: 0"], 4 },
        { "201", ["HTTP/1.1 409 Conflict\nRetry-After: 0\nContent-Length: 0", "HTTP/1.1 201 Created\nContent-Length: 0"], 2 },
        { "201", ["HTTP/1.1 201 Created\nContent-Length: 5", "HTTP/1.1 201 Created\nContent-Length: 0"], 2 },
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
    public async Task Pauses_double_up_to_the_longest()
    {
        await using var service = new PreparedService(Array.Empty<byte>());
        Assert.Equal("000", await AskAsync(service, service.Certificate, 1, 2));
        var pauses = service.Connections.Zip(service.Connections.Skip(1), (one, next) => (next - one).TotalSeconds).ToArray();
        Assert.Equal(4, pauses.Length);

        // A busy machine takes its time, too; but chance does not say nothing each time.
        Assert.True(pauses.Sum() > 0.1);
    }

    [Fact]
    public async Task A_service_that_is_not_trusted_is_asked_once()
    {
        await using var service = new PreparedService(Array.Empty<byte>());
        await using var other = new PreparedService(Array.Empty<byte>());
        Assert.Equal(("000", 1), (await AskAsync(service, other.Certificate, 0, 0), service.Connections.Count));
    }

    private static async Task<string> AskAsync(PreparedService service, string root, int firstPause, int longestPause)
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
            return run.Output;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
