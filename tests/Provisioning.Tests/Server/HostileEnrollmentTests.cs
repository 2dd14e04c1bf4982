using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server;

/// <summary>Good requests for somebody else's identity, and too many of them (rows C-30, C-31, C-43 and R-13).</summary>
public sealed class HostileEnrollmentTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    private readonly string _id = $"pump-{Guid.NewGuid()}";

    [Fact]
    public async Task C_30_the_common_name_of_another_device_is_refused()
    {
        using var refused = await EnrollAsync(_id, Request("CN=other"));

        await Problem.IsAsync(refused, HttpStatusCode.Forbidden, "identity-mismatch");
        await AssertNothingIsKnownAsync(_id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task C_31_an_alternative_name_that_was_not_granted_refuses_the_whole_request(bool isDns)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (isDns) names.AddDnsName("other.example");
        else names.AddIpAddress(IPAddress.Parse("192.0.2.1"));

        using var refused = await EnrollAsync(_id, Request($"CN={_id}", names));

        await Problem.IsAsync(refused, HttpStatusCode.Forbidden, "identity-mismatch");
        await AssertNothingIsKnownAsync(_id);
    }

    [Fact]
    public async Task C_43_a_stolen_request_is_refused_for_another_device()
    {
        // It names nobody, so that only its key tells whose it is.
        var stolen = Request("");
        using (var first = await EnrollAsync(_id, stolen)) Assert.Equal(HttpStatusCode.Created, first.StatusCode);

        using var refused = await EnrollAsync(_id + "-thief", stolen);

        await Problem.IsAsync(refused, HttpStatusCode.Conflict, "key-in-use");
        await AssertNothingIsKnownAsync(_id + "-thief");
    }

    [Fact]
    public async Task R_13_one_request_more_than_the_burst_is_429_and_the_next_second_works()
    {
        const int Burst = 30;
        await using var server = await TestServer.StartAsync(options => options.Limits.Registrar = new() { PerSecond = 1, Burst = Burst });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var registrar = server.Registrar();
        var taken = 0;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var answer = await registrar.GetAsync("/api/v1/self", limit.Token);
        for (; answer.StatusCode == HttpStatusCode.OK; answer = await registrar.GetAsync("/api/v1/self", limit.Token)) taken++;

        // A busy machine gives the bucket time to fill while it is emptied.
        Assert.InRange(taken, Burst, Burst + 1 + (int)watch.Elapsed.TotalSeconds);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        await Problem.IsAsync(answer, HttpStatusCode.TooManyRequests, "too-many-requests");
        using (var other = await server.Administrator().GetAsync("/api/v1/self", limit.Token)) Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        HttpStatusCode status;
        do
        {
            await timer.WaitForNextTickAsync(limit.Token);
            using var again = await registrar.GetAsync("/api/v1/self", limit.Token);
            status = again.StatusCode;
        }
        while (status == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private static byte[] Request(string subject, SubjectAlternativeNameBuilder? names = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (names is not null) request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequest();
    }

    private Task<HttpResponseMessage> EnrollAsync(string device, byte[] request) => shared.Client.PostAsync(
        $"/api/v1/enrollments?deviceId={device}",
        new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } });

    private async Task AssertNothingIsKnownAsync(string device) => await Problem.IsAsync(
        await shared.Server.Administrator().GetAsync($"/api/v1/devices/{device}"), HttpStatusCode.NotFound, "not-found");
}
