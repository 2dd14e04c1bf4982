using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Provisioning.Tests.Server.Credentials;
using Provisioning.Tests.Server.Observability;

namespace Provisioning.Tests.Server;

/// <summary>What is wrong as HTTP or as JSON (rows H and R of the table of hostile inputs) is refused cheaply too.</summary>
[Collection(Alone.Name)]
public sealed class HostileCostTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    private const string Enrollments = "/api/v1/enrollments";
    private const string Json = "application/json";
    private static readonly string Serial = new('A', 32);

    public static TheoryData<string, string, string> Malformed => HostileHttpTests.BadRequests;

    public static TheoryData<string, string, string, string, string, int> Refused => new()
    {
        { "H_11 a compressed body", "POST", Enrollments, Json + " gzip", "{}", 415 },
        { "H_24 a method that is not there", "PUT", Enrollments, Json, "{}", 405 },
        { "H_25 a wrong media type", "POST", Enrollments, "text/plain", "{}", 415 },
        { "R_01 nested 100 deep", "POST", Enrollments, Json, new string('[', 100) + new string(']', 100), 400 },
        { "R_01 nested 8 000 deep", "POST", Enrollments, Json, new string('[', 8_000) + new string(']', 8_000), 400 },
        { "R_01 1 000 names", "POST", Enrollments, Json, "{" + string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"\"n{i}\":{i}")) + "}", 400 },
        { "R_01 a name twice", "POST", Enrollments, Json, "{\"deviceId\":\"a\",\"deviceId\":\"b\",\"csr\":\"\"}", 400 },
        { "R_01 not a number", "POST", Enrollments, Json, "{\"deviceId\":NaN}", 400 },
        { "R_01 a trailing comma", "POST", Enrollments, Json, "{\"deviceId\":\"a\",}", 400 },
        { "R_01 a lone surrogate", "POST", Enrollments, Json, "{\"deviceId\":\"\\ud800\",\"csr\":\"\"}", 400 },
        { "R_02 an unknown field", "POST", Enrollments, Json, "{\"deviceId\":\"a\",\"csr\":\"\",\"x\":1}", 400 },
        { "R_02 null", "POST", Enrollments, Json, "{\"deviceId\":null,\"csr\":\"\"}", 400 },
        { "R_04 a device ID with a path in it", "POST", Enrollments, Json, "{\"deviceId\":\"../../x\",\"csr\":\"AAAA\"}", 400 },
        { "R_04 a device ID of 10 KB", "POST", Enrollments, Json, "{\"deviceId\":\"" + new string('a', 10_000) + "\",\"csr\":\"AAAA\"}", 400 },
        { "R_10 a reason that is none", "POST", $"/api/v1/certificates/{Serial}/revocation", Json, "{\"reason\":\"banana\"}", 403 },
        { "R_12 an answer that nobody gives", "GET", "/api/v1/self image/png", Json, "", 406 },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_request_costs_little(string row, string request, string status)
    {
        RawConnection? connection = null;
        var cost = await RequestCost.LeastAsync(
            async () =>
            {
                if (connection is not null) await connection.DisposeAsync();
                connection = await RawConnection.OpenAsync(shared.Server.Http);
            },
            async () =>
            {
                await connection!.SendAsync(request);
                return await connection.ReadStatusLineAsync();
            },
            answer =>
            {
                Assert.Contains(status, answer, StringComparison.Ordinal);
                return Task.CompletedTask;
            });
        await connection!.DisposeAsync();

        Assert.True(cost.IsCheap, $"{row}: {cost}");
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_refused_request_costs_little(string row, string method, string target, string mediaType, string body, int status)
    {
        var cost = await RequestCost.LeastAsync(
            shared.IsAliveAsync,
            () => shared.Client.SendAsync(Request(method, target, mediaType, body)),
            async response =>
            {
                Assert.Equal((HttpStatusCode)status, response.StatusCode);
                Assert.Contains("\"code\":", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            });

        Assert.True(cost.IsCheap, $"{row}: {cost}");
    }

    [Fact]
    public async Task TM_12_a_refused_request_of_a_registrar_with_a_hundred_patterns_costs_little()
    {
        using var certificate = await shared.Server.AddPrincipalAsync("narrow");
        var patterns = Enumerable.Range(0, 100).Select(i => $"SITE-{i}-[A-Z]{{2,9}}(-[0-9]{{1,9}})+");
        await shared.Server.LimitAsync("narrow", JsonSerializer.Serialize(new { deviceIdPatterns = patterns }));
        using var narrow = shared.Server.Client(certificate);
        var body = JsonSerializer.Serialize(new { deviceId = "FAN-1", csr = "AAAA" });
        var cost = await RequestCost.LeastAsync(
            async () => Assert.True((await narrow.GetAsync("/api/v1/self")).IsSuccessStatusCode),
            () => narrow.SendAsync(Request("POST", Enrollments, Json, body)),
            response => Problem.IsAsync(response, HttpStatusCode.Forbidden, "outside-scope"));

        Assert.True(cost.IsCheap, $"{cost}");
    }

    // A second word of the target is what is accepted, one of the media type is the coding.
    private static HttpRequestMessage Request(string method, string target, string mediaType, string body)
    {
        var (path, accept) = Split(target);
        var (type, coding) = Split(mediaType);
        var content = new StringContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (coding.Length > 0) content.Headers.ContentEncoding.Add(coding);
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : content };
        if (accept.Length > 0) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        return request;
    }

    private static (string First, string Second) Split(string words) =>
        words.Split(' ') is [var first, var second] ? (first, second) : (words, "");
}
