using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c, under the sanitizers, against a service that answers what it should not.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed partial class FirmwareWrongAnswerTests(FirmwareBuild firmware)
{
    private const int Usage = 1, Network = 3, Refused = 5, Protocol = 9;

    public static TheoryData<string, int, int> WrongAnswers { get; } = new()
    {
        { "HTTP/1.1 201 Created\nContent-Length: 2049", 2049, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: 99999999999999999999", 10, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: -1", 10, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: 5", 10, Protocol },
        { "HTTP/1.1 201 Created", 600, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: 600\nTransfer-Encoding: chunked", 600, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: 600", 600, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: 0", 0, Protocol },
        { "HTTP/1.1 201 Created\nContent-Length: 600", 599, Network },
        { "HTTP/1.0 201 Created\nContent-Length: 0", 0, Protocol },
        { "HTTP/1.1 2x1 Created\nContent-Length: 0", 0, Protocol },
        { "SSH-2.0-OpenSSH_9.2", 0, Protocol },
        { "HTTP/1.1 201 \0\nContent-Length: 0", 0, Protocol },
        { "HTTP/1.1 403 Forbidden\nProvisioning-Error: not-allowed", 5000, Refused },
        { "HTTP/1.1 403 Forbidden\nProvisioning-Error: " + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, Refused },
        { "HTTP/1.1 302 Found\nLocation: https://elsewhere.example/", 0, Refused },
        { "HTTP/1.1 503 Service Unavailable\nRetry-After: 86400", 0, Network },
        { "HTTP/1.1 503 Service Unavailable\nRetry-After: tomorrow", 0, Network },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task A_wrong_answer_is_refused_without_harm(string head, int bodyLength, int exitCode)
    {
        await using var service = new PreparedService(PreparedService.Answer(head, bodyLength));
        FirmwareBuild.Check(exitCode, await EnrollAtAsync(service, attempts: 2));
    }

    [Fact]
    public async Task A_head_that_never_ends_is_cut_off()
    {
        await using var service = new PreparedService(
            PreparedService.Answer("HTTP/1.1 201 Created\nContent-Length: 0\nX-Long: " + new string('x', 4000), 0));
        var run = await EnrollAtAsync(service, attempts: 1);
        FirmwareBuild.Check(Protocol, run);
        Assert.Contains("larger than 1024", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_After_is_honored_and_attempts_are_counted()
    {
        await using var service = new PreparedService(
            PreparedService.Answer("HTTP/1.1 429 Too Many Requests\nRetry-After: 2\nContent-Length: 0", 0),
            PreparedService.Answer("HTTP/1.1 503 Service Unavailable\nContent-Length: 0", 0),
            PreparedService.Answer("HTTP/1.1 409 Conflict\nProvisioning-Error: request-in-progress\nRetry-After: 1\nContent-Length: 0", 0));
        FirmwareBuild.Check(Network, await EnrollAtAsync(service, attempts: 4));
        Assert.Equal(4, service.Connections.Count);
        Assert.True(service.Connections[1] - service.Connections[0] >= TimeSpan.FromSeconds(2));
        Assert.True(service.Connections[3] - service.Connections[2] >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Closed_connections_lead_to_pauses_that_double_and_begin_anew_when_the_service_says_a_time()
    {
        byte[] closed = [];
        await using var service = new PreparedService(
            closed, closed, closed, closed, PreparedService.Answer("HTTP/1.1 503 Service Unavailable\nRetry-After: 0\nContent-Length: 0", 0), closed, closed);
        var run = await EnrollAtAsync(service, attempts: 8, "--first-pause", "1", "--longest-pause", "3");
        FirmwareBuild.Check(Network, run);
        var waits = AgainLine.Matches(run.Error).Select(line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
        int[] most = [1000, 2000, 3000, 3000, 1000, 1000, 2000];
        Assert.Equal(most.Length, waits.Length);
        Assert.All(waits.Zip(most), pair => Assert.InRange(pair.First, 0, pair.Second - 1));
        Assert.True(waits.Distinct().Count() > 1);
        Assert.Equal(8, service.Connections.Count);
    }

    [Theory]
    [InlineData(nameof(Drip.Handshake))]
    [InlineData(nameof(Drip.Answer))]
    public async Task A_service_that_lets_a_byte_drip_now_and_then_gets_no_more_time_than_a_silent_one(string part)
    {
        // At this pace either part takes minutes.
        await using var service = new PreparedService(Enum.Parse<Drip>(part), PreparedService.Answer("HTTP/1.1 500 Internal Server Error\nX: " + new string('x', 900), 0));
        var begun = Stopwatch.GetTimestamp();
        var run = await EnrollAtAsync(service, attempts: 1, "--timeout", "1");
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        FirmwareBuild.Check(Network, run);
        Assert.Contains("takes too long", run.Error, StringComparison.Ordinal);
        Assert.Single(service.Connections);
    }

    [Fact]
    public async Task A_service_that_takes_nothing_up_is_not_waited_for()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var service = new PreparedService(Array.Empty<byte>());
        var run = await FirmwareBuild.RunAsync(
            firmware.Sanitized,
            [
                "enroll", "--url", $"https://localhost:{((IPEndPoint)silent.LocalEndpoint).Port}", "--ca", service.Certificate, "--cert", service.Certificate,
                "--key", service.Key, "--device", "firmware-prepared", "--store", firmware.NewStore(), "--attempts", "1", "--timeout", "1",
            ]);
        FirmwareBuild.Check(Network, run);
        Assert.Contains("takes too long", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--timeout", "0")]
    [InlineData("--timeout", "3601")]
    [InlineData("--first-pause", "3601")]
    [InlineData("--first-pause", "-1")]
    [InlineData("--longest-pause", "an hour")]
    [InlineData("--longest-pause", "")]
    [InlineData("--attempts", "0")]
    public async Task A_pause_that_is_none_is_refused(string option, string value)
    {
        await using var service = new PreparedService(Array.Empty<byte>());
        FirmwareBuild.Check(Usage, await EnrollAtAsync(service, attempts: 1, option, value));
        Assert.Empty(service.Connections);
    }

    [GeneratedRegex(@"^again in (\d+) ms$", RegexOptions.Multiline)]
    private static partial Regex AgainLine { get; }

    private Task<Tool> EnrollAtAsync(PreparedService service, int attempts, params string[] more) => FirmwareBuild.RunAsync(
        firmware.Sanitized,
        [
            "enroll", "--url", service.Url, "--ca", service.Certificate, "--cert", service.Certificate, "--key", service.Key,
            "--device", "firmware-prepared", "--store", firmware.NewStore(), "--attempts", attempts.ToString(CultureInfo.InvariantCulture), .. more,
        ]);
}
