using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Enrollment;
using Provisioning.Rest;

namespace Provisioning.Tests.Rest;

public sealed class ProblemsTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private readonly RestHost _host = Fresh(shared.Host);

    public static TheoryData<RefusalCode> EveryCode => [.. Enum.GetValues<RefusalCode>()];

    [Theory]
    [MemberData(nameof(EveryCode))]
    public void Every_refusal_has_a_status_and_the_kebab_case_of_its_name(RefusalCode code)
    {
        var kind = RestErrors.KindOf(code);
        Assert.Equal(JsonNamingPolicy.KebabCaseLower.ConvertName(code.ToString()), kind.Code);
        Assert.True(kind.Status is (>= 400 and < 500) or 503 || code == RefusalCode.ApprovalPending);
        Assert.EndsWith(".", kind.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_kinds_share_a_code() =>
        Assert.Equal(RestErrors.All.Count, RestErrors.All.Select(kind => kind.Code).Distinct().Count());

    [Fact]
    public void The_host_may_name_a_code_that_does_not_exist_only_by_mistake() =>
        Assert.ThrowsAny<Exception>(() => RestErrors.KindOf((RefusalCode)9999));

    [Theory]
    [InlineData(RefusalCode.StorageUnavailable, 5)]
    [InlineData(RefusalCode.AuthorityExpiring, 5)]
    [InlineData(RefusalCode.AuthorityUnavailable, 5)]
    [InlineData(RefusalCode.ClockRegressed, 5)]
    [InlineData(RefusalCode.ClockSuspect, 5)]
    [InlineData(RefusalCode.LintFailed, null)]
    [InlineData(RefusalCode.KeyInUse, null)]
    [InlineData(RefusalCode.NameInUse, null)]
    public void What_passes_says_when_to_come_back(RefusalCode code, int? seconds) =>
        Assert.Equal(seconds, (int?)RestErrors.Of(new Refusal(code, "x")).RetryAfter?.TotalSeconds);

    [Theory]
    [InlineData(null, 401, "no-credential")]
    [InlineData("refused:UnknownCertificate", 401, "unknown-certificate")]
    [InlineData("refused:CertificateExpired", 401, "certificate-expired")]
    [InlineData("refused:CertificateRevoked", 403, "certificate-revoked")]
    [InlineData("refused:CertificateOnHold", 403, "certificate-on-hold")]
    public async Task H_21_H_23_A_stranger_is_told_why(string? caller, int status, string code)
    {
        foreach (var path in new[] { "/api/v1/self", "/api/v1/devices", "/api/v1/certificates" })
        {
            var answer = await _host.GetAsync(path, caller);
            answer.MustBeProblem(status, code);
            Assert.Equal(status == 401, answer.Header("WWW-Authenticate") is not null);
        }
    }

    [Fact]
    public async Task Every_operation_but_the_authorities_refuses_strangers_and_other_roles()
    {
        string[] administration =
        [
            "/api/v1/devices", "/api/v1/devices/d", "/api/v1/devices/d/certificates", "/api/v1/devices/d/history",
            "/api/v1/certificates", "/api/v1/certificates/AB", "/api/v1/profiles", "/api/v1/profiles/device",
            "/api/v1/profiles/device/versions",
        ];
        foreach (var path in administration)
        {
            (await _host.GetAsync(path, RestHost.Line)).MustBeProblem(403, "not-allowed");
            (await _host.GetAsync(path, "device:pump-1:AB")).MustBeProblem(403, "not-allowed");
        }

        (await _host.PostAsync("/api/v1/enrollments", RestHost.Json(new { }), "device:pump-1:AB"))
            .MustBeProblem(403, "not-allowed");
        (await _host.PostAsync("/api/v1/certificates/AB/revocation", RestHost.Json(new { }), RestHost.Line))
            .MustBeProblem(403, "not-allowed");
        (await _host.SendAsync(HttpMethod.Delete, "/api/v1/certificates/AB/revocation", RestHost.Line))
            .MustBeProblem(403, "not-allowed");
        Assert.Equal(HttpStatusCode.OK, (await _host.GetAsync("/api/v1/authorities", null)).Status);
    }

    [Fact]
    public async Task A_database_that_is_down_is_503_and_says_when_to_come_back()
    {
        _host.Registry.Failure = new StorageUnavailableException("disk full at /var/secret");
        var seen = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            var answer = await _host.GetAsync("/api/v1/devices");
            answer.MustBeProblem(503, "storage-unavailable");
            Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
            Assert.InRange(int.Parse(answer.Header("Retry-After")!, null), 1, 10);
            seen.Add(answer.Header("Retry-After")!);
        }

        Assert.True(seen.Count > 1, "Those who failed together would come back together.");
    }

    [Fact]
    public async Task A_bug_is_a_bare_500_and_is_logged_once()
    {
        _host.Registry.Failure = new InvalidOperationException("a secret");
        var answer = await _host.GetAsync("/api/v1/devices");
        answer.MustBeProblem(500, "internal");
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        Assert.Single(_host.Log.Lines, line => line.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_refusal_is_logged_once_and_without_what_was_sent()
    {
        var csr = RestHost.NewCsr("other");
        await _host.PostAsync("/api/v1/enrollments", RestHost.Json(new { deviceId = "pump-1", csr }), RestHost.Line);
        var line = Assert.Single(_host.Log.Lines, line => line.Text.StartsWith("Refused", StringComparison.Ordinal));
        Assert.Equal("Refused identity-mismatch for registrar:line-1", line.Text);
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.DoesNotContain(_host.Log.Lines, logged => logged.Text.Contains("BEGIN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task K_14_The_key_of_an_authority_is_a_security_event()
    {
        var csr = TestAuthorities.RequestOver(_host.Authorities.Issuing, "pump-1");
        var answer = await _host.PostAsync(
            "/api/v1/enrollments?deviceId=pump-1", RestHost.Bytes(csr, "application/pkcs10"), RestHost.Line);
        answer.MustBeProblem(422, "bad-key");
        Assert.Contains(_host.Log.Lines, line => line == (LogLevel.Warning, "Refused bad-key for registrar:line-1"));
    }

    [Fact]
    public async Task A_caller_that_repeats_a_suspicious_request_does_not_fill_the_log_with_warnings()
    {
        for (var i = 0; i < 5; i++)
        {
            var csr = TestAuthorities.RequestOver(_host.Authorities.Issuing, "pump-1");
            var answer = await _host.PostAsync(
                "/api/v1/enrollments?deviceId=pump-1", RestHost.Bytes(csr, "application/pkcs10"), "registrar:line-2");
            answer.MustBeProblem(422, "bad-key");
        }

        var lines = _host.Log.Lines.Where(line => line.Text == "Refused bad-key for registrar:line-2").ToList();
        Assert.Equal(5, lines.Count);
        Assert.Single(lines, line => line.Level == LogLevel.Warning);
    }

    [Fact]
    public void Warnings_are_limited_for_each_caller_and_in_all_and_come_back_after_a_minute()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var limit = new SuspicionLimit(time);
        Assert.True(limit.MayWarn("bad-key", "device:1"));
        Assert.False(limit.MayWarn("bad-key", "device:1"));
        Assert.True(limit.MayWarn("ca-requested", "device:1"));
        Assert.Equal(
            SuspicionLimit.MaxWarnings - 2, Enumerable.Range(2, 1_000).Count(i => limit.MayWarn("bad-key", $"device:{i}")));

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(limit.MayWarn("bad-key", "device:1"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limit.MayWarn("bad-key", "device:1"));
    }

    [Fact]
    public async Task The_type_of_a_problem_leads_to_its_explanation()
    {
        var all = await _host.GetAsync("/problems", null);
        foreach (var kind in RestErrors.All)
        {
            var page = await _host.GetAsync("/problems/" + kind.Code, null);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.Contains(kind.Title, page.Text, StringComparison.Ordinal);
            Assert.Contains(page.Text, all.Text, StringComparison.Ordinal);
        }

        (await _host.GetAsync("/problems/nonsense", null)).MustBeProblem(404, "not-found");
    }

    [Fact]
    public async Task An_address_that_does_not_exist_is_a_problem_too() =>
        (await _host.GetAsync("/api/v1/nothing")).MustBeProblem(404, "not-found");

    private static RestHost Fresh(RestHost host)
    {
        host.Registry.Failure = null;
        host.Log.Lines.Clear();
        return host;
    }
}
