using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c, under the sanitizers, against a service that answers what it should not.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed class FirmwareWrongAnswerTests(FirmwareBuild firmware)
{
    private const int Network = 3, Refused = 5, Protocol = 9;

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

    private Task<Tool> EnrollAtAsync(PreparedService service, int attempts, params string[] more) => FirmwareBuild.RunAsync(
        firmware.Sanitized,
        [
            "enroll", "--url", service.Url, "--ca", service.Certificate, "--cert", service.Certificate, "--key", service.Key,
            "--device", "firmware-prepared", "--store", firmware.NewStore(), "--attempts", attempts.ToString(CultureInfo.InvariantCulture), .. more,
        ]);
}
