using System.Net;
using System.Net.Http.Headers;
using Provisioning.Core.Enrollment;
using Provisioning.Est;
using Provisioning.Rest;
using Provisioning.Tests.Server.Credentials;
using Provisioning.Tests.Server.Observability;

namespace Provisioning.Tests.Server.Est;

/// <summary>
/// Rows C, K and E-12 of the table of hostile inputs at the EST door: the reason of the reader, 400 (413 for what is too long), cheaply, and the
/// next request on the connection works. Alone, because the whole process is measured: client and server.
/// </summary>
[Collection(Alone.Name)]
public sealed class HostileEstRequestTests(EstHouse house) : IClassFixture<EstHouse>
{
    private const int LargestBody = 16 * 1024;

    public static MatrixTheoryData<string, string> Rows => new([EstCalls.Enroll, KeyParts.Operation], HostileRequests.Rows);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_hostile_request_is_refused_over_EST_as_by_the_reader(string operation, string row)
    {
        // The token says which device it is, so that nothing but the reader looks at the request.
        using var client = house.Server.WithPassword(await house.Server.CreateTokenAsync(new { group = EstHouse.Group, deviceId = "dev-1" }));
        foreach (var (code, der) in await HostileRequests.CollectAsync(row))
        {
            var body = System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(der));
            var expected = body.Length > LargestBody ? RefusalCode.TooLarge : der.Length == 0 ? RefusalCode.Malformed : code;
            var status = (HttpStatusCode)EstErrors.StatusOf(expected, takesToken: true);
            Assert.Equal(expected == RefusalCode.TooLarge ? HttpStatusCode.RequestEntityTooLarge : HttpStatusCode.BadRequest, status);
            var cost = await RequestCost.LeastAsync(() => IsAliveAsync(client), () => SendAsync(client, operation, body), answer =>
                EstRefusal.IsAsync(answer, status, RestErrors.KindOf(expected).Code));
            Assert.True(cost.IsCheap, $"{cost} for {Convert.ToHexString(der.AsSpan(0, Math.Min(der.Length, 200)))}");

            // Who has to be told by the request which device it is for looks at its subject first, and refuses it all the same.
            using var answer = await SendAsync(house.Registrar, operation, body);
            Assert.Equal(status, answer.StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await house.Server.Administrator().GetAsync("/api/v1/devices/dev-1")).StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string operation, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, EstCalls.At(operation, EstHouse.Group))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
        };
        if (body.Length > LargestBody) request.Headers.ExpectContinue = true;
        return await client.SendAsync(request);
    }

    private static async Task IsAliveAsync(HttpClient client)
    {
        using var answer = await client.GetAsync(EstCalls.At("cacerts"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
