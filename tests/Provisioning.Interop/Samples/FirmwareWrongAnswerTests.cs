using System.Globalization;

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

    private Task<Tool> EnrollAtAsync(PreparedService service, int attempts) => FirmwareBuild.RunAsync(
        firmware.Sanitized,
        [
            "enroll", "--url", service.Url, "--ca", service.Certificate, "--cert", service.Certificate, "--key", service.Key,
            "--device", "firmware-prepared", "--store", firmware.NewStore(), "--attempts", attempts.ToString(CultureInfo.InvariantCulture),
        ]);
}
