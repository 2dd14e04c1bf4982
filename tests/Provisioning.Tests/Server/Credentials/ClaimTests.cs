using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Claim certificates, over the real server.</summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.OpenGroupAsync();
        await _server.CreateBatchAsync("week-4", "pumps", "pump-1", "pump-2", "pump-3");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task An_expected_device_claims_itself_once_and_a_retry_gets_the_same_certificate()
    {
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var first = await CredentialCalls.SerialAsync(await client.EnrollAsync("pump-1", key));
        var retried = await CredentialCalls.SerialAsync(await client.EnrollAsync("pump-1", key));

        Assert.Equal(first, retried);
        var batch = await _server.GetAsync("/api/v1/claim-batches/week-4");
        Assert.Equal(3, batch.GetProperty("expected").GetInt64());
        Assert.Equal(1, batch.GetProperty("claimed").GetInt64());
    }

    [Fact]
    public async Task TM_04_a_claimed_device_is_not_claimed_again()
    {
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);
        await CredentialCalls.SerialAsync(await client.EnrollAsync("pump-1"));

        await Problem.IsAsync(await client.EnrollAsync("pump-1"), HttpStatusCode.Conflict, "already-claimed");
    }

    [Fact]
    public async Task TM_04_of_50_parallel_claims_of_one_device_with_different_keys_one_wins()
    {
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.EnrollUntilServedAsync("pump-1")));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict or HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task TM_04_a_claim_certificate_is_refused_on_every_other_endpoint()
    {
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);

        await EverywhereElse.IsRefusedAsync(_server, client);
    }

    [Fact]
    public async Task TM_27_a_device_of_another_batch_of_none_and_an_unknown_one_have_one_answer()
    {
        await _server.OpenGroupAsync("fans");
        await _server.CreateBatchAsync("week-5", "pumps", "pump-50");
        await _server.CreateBatchAsync("fans-1", "fans", "fan-1");
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("plain-1", ECDsa.Create(), new { group = "pumps" }));
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);

        var bodies = new HashSet<string>();
        foreach (var device in new[] { "pump-50", "fan-1", "plain-1", "nobody" })
        {
            var response = await client.EnrollAsync(device);
            bodies.Add(await response.Content.ReadAsStringAsync());
            await Problem.IsAsync(response, HttpStatusCode.Forbidden, "not-expected");
        }

        Assert.Single(bodies);
    }

    // Two samples of Kolmogorov and Smirnov: with one distribution behind both, the greatest distance passes 1.63 * sqrt(2 / n) once in a
    // hundred. A busy machine disturbs both alike, since they take turns; three tries make a false alarm one in a million.
    [Fact]
    public async Task TM_27_the_time_of_an_answer_does_not_tell_whether_a_device_is_known()
    {
        const int Samples = 200;
        await _server.CreateBatchAsync("week-5", "pumps", "pump-50");
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var distances = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var (known, unknown) = (new double[Samples], new double[Samples]);
            for (var i = 0; i < Samples; i++)
            {
                known[i] = await TimeAsync("pump-50");
                unknown[i] = await TimeAsync("pump-60");
            }

            distances.Add(Distance(known, unknown));
            if (distances[^1] < 1.63 * Math.Sqrt(2.0 / Samples)) return;
        }

        Assert.Fail($"Known and unknown devices can be told apart: {string.Join(", ", distances)}");

        async Task<double> TimeAsync(string device)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            using var answer = await client.EnrollAsync(device, key);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            return watch.Elapsed.TotalMicroseconds;
        }

        static double Distance(double[] one, double[] other) =>
            one.Concat(other).Max(at => Math.Abs(one.Count(value => value <= at) - other.Count(value => value <= at)) / (double)Samples);
    }

    [Fact]
    public async Task A_claim_certificate_enrolls_into_its_own_group_only()
    {
        await _server.OpenGroupAsync("fans");
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);

        await Problem.IsAsync(
            await client.EnrollAsync("pump-1", ECDsa.Create(), new { group = "fans" }), HttpStatusCode.Forbidden, "outside-scope");
    }

    [Fact]
    public async Task An_expected_device_that_is_bound_to_a_key_comes_with_that_key_only()
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keyThumbprint = Convert.ToHexString(SHA256.HashData(own.ExportSubjectPublicKeyInfo()));
        Assert.Equal(["registered"], await _server.ExpectAsync("week-4", new { devices = new[] { new { deviceId = "pump-9", keyThumbprint } } }));
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);

        await Problem.IsAsync(await client.EnrollAsync("pump-9"), HttpStatusCode.Forbidden, "key-mismatch");
        await CredentialCalls.SerialAsync(await client.EnrollAsync("pump-9", own));
    }

    [Fact]
    public async Task Every_announced_device_has_its_own_exact_answer()
    {
        await _server.CreateBatchAsync("week-5", "pumps", "pump-50");
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("pump-7", ECDsa.Create(), new { group = "pumps" }));
        await CredentialCalls.SerialAsync(await _server.Registrar().EnrollAsync("other-1"));
        var key = new string('A', 64);

        var results = await _server.ExpectAsync("week-4", new
        {
            devices = new object[]
            {
                new { deviceId = "new-1" }, new { deviceId = "pump-1" }, new { deviceId = "pump-2", keyThumbprint = key },
                new { deviceId = "pump-50" }, new { deviceId = "pump-7" }, new { deviceId = "other-1" }, new { deviceId = "a b" },
                new { deviceId = "new-2", keyThumbprint = "xyz" }, new { deviceId = "pump-2", keyThumbprint = new string('B', 64) },
                new { deviceId = "new-1" },
            },
        });

        Assert.Equal(
            [
                "registered", "unchanged", "updated", "already-exists", "already-claimed", "group-mismatch", "bad-device-id", "bad-credential",
                "key-mismatch", "unchanged",
            ],
            results);
    }

    [Fact]
    public async Task A_thousand_devices_are_announced_at_once_and_no_more()
    {
        var devices = Enumerable.Range(0, 1000).Select(i => new { deviceId = $"unit-{i:D4}", keyThumbprint = $"{i:X64}" }).ToList();

        Assert.All(await _server.ExpectAsync("week-4", new { devices }), result => Assert.Equal("registered", result));
        Assert.All(await _server.ExpectAsync("week-4", new { devices }), result => Assert.Equal("unchanged", result));

        using var tooMany = await _server.Administrator().PostAsJsonAsync(
            "/api/v1/claim-batches/week-4/devices", new { devices = devices.Append(new { deviceId = "x", keyThumbprint = $"{1:X64}" }) });
        await Problem.IsAsync(tooMany, HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task A_batch_is_revoked_as_a_whole_on_open_connections_and_in_the_CRL()
    {
        using var first = await _server.IssueClaimAsync("week-4");
        using var second = await _server.IssueClaimAsync("week-4");
        using var open = _server.Client(first);
        var claimed = await _server.NewDevice("pump-1").EnrollAsync(open);
        await Problem.IsAsync(await open.EnrollAsync("nobody"), HttpStatusCode.Forbidden, "not-expected");

        using (var revoked = await _server.Administrator().PostAsJsonAsync("/api/v1/claim-batches/week-4/revocation", new { reason = "keyCompromise" }))
            Assert.NotNull((await CredentialCalls.BodyAsync(revoked)).GetProperty("revokedAt").GetString());

        await Problem.IsAsync(await open.EnrollAsync("pump-2"), HttpStatusCode.Forbidden, "certificate-revoked");
        using var other = _server.Client(second);
        await Problem.IsAsync(await other.EnrollAsync("pump-2"), HttpStatusCode.Forbidden, "certificate-revoked");
        Assert.Equal(HttpStatusCode.OK, (await claimed.Client().GetAsync("/api/v1/self")).StatusCode);
        using var more = await _server.Administrator().PostAsJsonAsync(
            "/api/v1/claim-batches/week-4/certificates", new { csr = CertificateCalls.Csr("week-4", ECDsa.Create(ECCurve.NamedCurves.nistP256)) });
        await Problem.IsAsync(more, HttpStatusCode.Forbidden, "not-allowed");
        await TestServer.UntilAsync(() => _server.Crl()?.Entries == 2, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_batch_that_is_revoked_while_a_request_is_on_its_way_enrolls_nobody()
    {
        using var certificate = await _server.IssueClaimAsync("week-4");
        Assert.True(SerialNumber.TryParse(certificate.SerialNumber, out var serial));
        using var revoked = await _server.Administrator().PostAsJsonAsync("/api/v1/claim-batches/week-4/revocation", new { reason = "superseded" });
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var csr = new CertificateRequest("CN=pump-1", key, HashAlgorithmName.SHA256).CreateSigningRequest();

        // What was identified before the revocation comes to the reserve transaction after it.
        var enrollments = (Core.Enrollment.EnrollmentService)_server.Services.GetService(typeof(Core.Enrollment.EnrollmentService))!;
        var outcome = await enrollments.EnrollAsync(
            new Core.Enrollment.Caller.Claim("week-4", "pumps", serial), new Core.Enrollment.EnrollmentRequest("pump-1", csr));

        Assert.False(outcome.TryGet(out _, out var refusal));
        Assert.Equal(Core.Enrollment.RefusalCode.NotAllowed, refusal.Code);
    }

    [Fact]
    public async Task The_same_request_for_a_claim_certificate_gives_the_same_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var body = new { csr = CertificateCalls.Csr("week-4", key) };
        var admin = _server.Administrator();

        var first = await CredentialCalls.SerialAsync(await admin.PostAsJsonAsync("/api/v1/claim-batches/week-4/certificates", body));
        var again = await CredentialCalls.SerialAsync(await admin.PostAsJsonAsync("/api/v1/claim-batches/week-4/certificates", body));

        Assert.Equal(first, again);
        await Problem.IsAsync(
            await admin.PostAsJsonAsync("/api/v1/claim-batches/none/certificates", body), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task The_key_of_a_claim_certificate_becomes_no_devices_own()
    {
        using var certificate = await _server.IssueClaimAsync("week-4");
        using var client = _server.Client(certificate);
        using var shared = certificate.GetECDsaPrivateKey()!;

        await Problem.IsAsync(await client.EnrollAsync("pump-1", shared), HttpStatusCode.Conflict, "key-in-use");
    }

    [Fact]
    public async Task A_stolen_claim_certificate_uses_up_its_own_addresses_bucket_only()
    {
        await using var server = await TestServer.StartAsync(options => (options.Limits.Claim.PerSecond, options.Limits.Claim.Burst) = (1, 3));
        await server.OpenGroupAsync();
        await server.CreateBatchAsync("week-4", "pumps", "pump-1");
        using var certificate = await server.IssueClaimAsync("week-4");
        using var client = server.Client(certificate);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 8; i++)
        {
            using var response = await client.EnrollAsync($"guess-{i}");
            statuses.Add(response.StatusCode);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        await CredentialCalls.SerialAsync(await server.Registrar().EnrollAsync("pump-1", ECDsa.Create(), new { group = "pumps" }));
    }
}
