using System.Net;
using System.Net.Http.Headers;
using Provisioning.Core.Enrollment;
using Provisioning.Rest;
using Provisioning.Tests.Server.Observability;

namespace Provisioning.Tests.Server;

/// <summary>
/// Rows C, K and E-12 of the table of hostile inputs, sent to a real server: the same reason as the reader has, under its wire code, cheaply, and
/// the next request works. Alone, because the whole process is measured: client and server.
/// </summary>
[Collection(Alone.Name)]
public sealed class HostileRequestTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    private const int LargestBody = 16 * 1024;

    public static TheoryData<string> Rows => [.. HostileRequests.Rows];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_hostile_request_is_refused_over_HTTP_as_by_the_reader(string row)
    {
        foreach (var (code, der) in await HostileRequests.CollectAsync(row))
        {
            // What is read at all and does not begin as a SEQUENCE does is taken for text, which it is not either.
            var isRead = code != RefusalCode.TooLarge;
            var kind = RestErrors.KindOf(isRead && der is not [0x30, ..] ? RefusalCode.Malformed : code);
            var cost = await RequestCost.LeastAsync(shared.IsAliveAsync, () => shared.Client.SendAsync(Request(der)), response =>
                Problem.IsAsync(response, (HttpStatusCode)kind.Status, kind.Code));
            Assert.True(cost.IsCheap, $"{cost} for {Convert.ToHexString(der.AsSpan(0, Math.Min(der.Length, 200)))}");
        }

        await shared.IsAliveAsync();
    }

    [Fact]
    public async Task Most_rows_have_inputs_to_send()
    {
        var all = new Dictionary<string, int>();
        foreach (var row in HostileRequests.Rows) all[row] = (await HostileRequests.CollectAsync(row)).Count;
        Assert.InRange(all.Values.Count(count => count > 0), 60, int.MaxValue);
        Assert.InRange(all.Values.Sum(), 300, int.MaxValue);
    }

    private static HttpRequestMessage Request(byte[] der)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/enrollments?deviceId=dev-1")
        {
            Content = new ByteArrayContent(der) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
        };

        // What is too large is refused by its length; to send it all the same would only break the connection.
        if (der.Length > LargestBody) request.Headers.ExpectContinue = true;
        return request;
    }
}
