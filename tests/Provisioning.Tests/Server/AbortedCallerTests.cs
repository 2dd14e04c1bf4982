using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Provisioning.Core.Audit;

namespace Provisioning.Tests.Server;

/// <summary>
/// Callers that hang up with a reset at every moment of an enrollment (row H-28): what was issued is on record once, and the retry
/// gets it.
/// </summary>
public sealed class AbortedCallerTests
{
    private const int Callers = 16;

    public static TheoryData<string, string?> Moments => new()
    {
        { "right after the request", null },
        { "right after the request", "unit-" },
        { "in the middle of the answer", null },
        { "in the middle of the answer", "unit-" },
        { "in the middle of the request", null },
        { "in the middle of the headers", null },
    };

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task H_28_a_caller_that_resets_the_connection_gets_the_same_certificate_by_its_retry(string moment, string? requestKey)
    {
        await using var server = await TestServer.StartAsync();
        var devices = Enumerable.Range(0, Callers).Select(i => server.NewDevice($"pump-{i}")).ToList();
        var requests = devices.ToDictionary(device => device.Id, device => device.Request());
        using var registrar = server.Credential("factory-line");

        await Parallel.ForEachAsync(devices, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (device, _) =>
        {
            await using var connection = await RawConnection.OpenTlsAsync(server.Https, registrar);
            await SendAsync(connection, moment, Headers(device, requests[device.Id], requestKey), requests[device.Id]);
            connection.Abort();
        });

        var client = server.Registrar();
        var administrator = server.Administrator();
        foreach (var device in devices)
        {
            var first = await EnrollAsync(client, device, requests[device.Id], requestKey);
            Assert.Equal(first, await EnrollAsync(client, device, requests[device.Id], requestKey));
            Assert.Equal([first], await SerialNumbersAsync(administrator, device));
        }

        var report = await new Auditor(
            server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(default);
        Assert.Empty(report.Findings);
        Assert.Equal(0, report.WithoutSignature);
        Assert.DoesNotContain(server.Log.OfThisServer, IsComplaint);
    }

    private static bool IsComplaint(string line) =>
        line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)
        || line.StartsWith("Warning", StringComparison.Ordinal);

    private static async Task SendAsync(RawConnection connection, string moment, string headers, byte[] request)
    {
        byte[] all = [.. System.Text.Encoding.Latin1.GetBytes(headers), .. request];
        var length = moment switch
        {
            "in the middle of the headers" => headers.Length / 2,
            "in the middle of the request" => all.Length - 10,
            _ => all.Length,
        };
        await connection.SendAsync(all.AsMemory(0, length));
        if (moment == "in the middle of the answer")
            Assert.StartsWith("HTTP/1.1 201", await connection.ReadStatusLineAsync(), StringComparison.Ordinal);
    }

    private static string Headers(TestDevice device, byte[] request, string? requestKey) =>
        $"POST /api/v1/enrollments?deviceId={device.Id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\n"
        + (requestKey is null ? "" : $"Idempotency-Key: {requestKey}{device.Id}\r\n")
        + $"Content-Length: {request.Length}\r\n\r\n";

    private static async Task<string> EnrollAsync(HttpClient client, TestDevice device, byte[] request, string? requestKey)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/enrollments?deviceId={device.Id}")
            {
                Content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
            };
            if (requestKey is not null) message.Headers.Add("Idempotency-Key", requestKey + device.Id);
            using var response = await client.SendAsync(message, limit.Token);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

            // The first request of the same key may still be under way; this is how its caller is told to come back.
            if (response.StatusCode == HttpStatusCode.Conflict && answer.GetProperty("code").GetString() == "request-in-progress") continue;
            Assert.True(response.StatusCode == HttpStatusCode.Created, answer.ToString());
            return answer.GetProperty("serialNumber").GetString()!;
        }
    }

    private static async Task<IEnumerable<string>> SerialNumbersAsync(HttpClient administrator, TestDevice device)
    {
        var page = await administrator.GetFromJsonAsync<JsonElement>($"/api/v1/devices/{device.Id}/certificates");
        return page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("serialNumber").GetString()!);
    }
}
