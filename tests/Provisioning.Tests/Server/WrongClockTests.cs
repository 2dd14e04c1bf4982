using System.Net;
using System.Net.Http.Json;
using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Server.Configuration;
using Provisioning.Server.Verbs;

namespace Provisioning.Tests.Server;

/// <summary>A clock that jumps, and the way out of what it did.</summary>
public sealed class WrongClockTests : IDisposable
{
    private static readonly Dictionary<string, string> Accept = new() { ["--accept"] = "" };

    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-clock-").FullName;
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task While_the_clock_has_jumped_ahead_nothing_is_signed_and_the_service_is_not_ready()
    {
        var time = new FakeTimeProvider(_start);
        await using var server = await TestServer.StartAsync(time: time);
        var registrar = server.Registrar();
        await server.NewDevice("pump-1").EnrollAsync(registrar);
        var device = server.NewDevice("pump-2");

        time.StepClock(TimeSpan.FromDays(2));
        using var held = await registrar.PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) });

        await Problem.IsAsync(held, HttpStatusCode.ServiceUnavailable, "clock-suspect");
        Assert.NotNull(held.Headers.RetryAfter);
        using var ready = await server.Anonymous().GetAsync(new Uri(server.Http, "/health/ready"));
        Assert.Contains("jumped far ahead", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        time.StepClock(TimeSpan.FromDays(-2));
        await device.EnrollAsync(registrar);
    }

    [Fact]
    public async Task After_something_was_signed_with_a_wrong_clock_the_administrator_accepts_the_right_one_and_all_goes_on()
    {
        await using (var server = await StartAsync(0)) await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await using (var server = await StartAsync(300)) await server.NewDevice("pump-2").EnrollAsync(server.Registrar());
        await using (var server = await StartAsync(1)) Assert.Equal(ClockState.Behind, server.Instance.Clock.State);

        Assert.Contains("clock --accept", await ClockAsync([]), StringComparison.Ordinal);
        await using (var server = await StartAsync(1)) Assert.Equal(ClockState.Behind, server.Instance.Clock.State);
        Assert.Contains("taken for right", await ClockAsync(Accept), StringComparison.Ordinal);

        await using (var server = await StartAsync(1))
        {
            // Over TLS, so the certificate of the server is none of the future any more.
            await server.NewDevice("pump-3").EnrollAsync(server.Registrar());
            await TestServer.UntilAsync(() => server.Crl()?.ThisUpdate <= _start.AddDays(1), TimeSpan.FromSeconds(30));
            var entries = await server.Instance.Database.Audit.ReadAuditAsync(1, default).ToListAsync();
            var accepted = Assert.Single(entries, entry => entry.Action == AuditActions.ClockAccepted);
            Assert.Equal((_start.AddDays(1).ToUnixTimeMilliseconds(), "operator"), (accepted.At.ToUnixTimeMilliseconds(), accepted.Actor));
            Assert.True(DateTimeOffset.Parse(accepted.Detail!) >= _start.AddDays(299));
            var auditor = new Auditor(
                server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl);
            Assert.Empty((await auditor.RunAsync(default)).Findings);
        }

        Assert.Contains("nothing to accept", await ClockAsync(Accept), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_more_than_a_year_out_of_use_nothing_is_signed_until_the_administrator_accepts_the_clock()
    {
        await using (var server = await StartAsync(0))
        {
            // What a killed process leaves.
            await server.Instance.Database.Certificates.ReserveAsync(NewReservation(), default);
        }

        await using (var server = await StartAsync(400))
        {
            var entries = await server.Instance.Database.Audit.ReadAuditAsync(1, default).ToListAsync();
            Assert.Equal(AuditActions.ReservationAbandoned, entries[^1].Action);
            Assert.True(entries[^1].At < _start.AddDays(1));
            Assert.Equal(ClockState.Ahead, server.Instance.Clock.State);
            using var key = SigningKey.Create(KeyAlgorithm.P256);
            var refused = await Assert.ThrowsAsync<IssuanceRefusedException>(() => server.Instance.Issuer.IssueAsync(
                server.Authorities.Issuing, HolderKind.Registrar, "line-2", "registrar", key, [], purpose: null));
            Assert.Contains("jumped far ahead", refused.Message, StringComparison.Ordinal);
        }

        await ClockAsync(Accept, 400);
        await using (var server = await StartAsync(400)) Assert.Equal(ClockState.Sane, server.Instance.Clock.State);
    }

    [Fact]
    public async Task After_a_clock_that_was_hours_ahead_was_set_right_and_accepted_every_start_makes_a_CRL_of_now()
    {
        const double ahead = 20 / 24.0, right = 5 / 1440.0;
        await using (var server = await StartAsync(ahead)) await server.UntilCrlsAsync();
        var before = CrlFacts.TryRead("issuing", await File.ReadAllBytesAsync(Path.Combine(_folder, "crl", "issuing.crl")))!.Status;
        Assert.True(before.ThisUpdate >= _start.AddHours(19));
        await using (var server = await StartAsync(right)) Assert.Equal(ClockState.Behind, server.Instance.Clock.State);
        await ClockAsync(Accept, right);

        for (var start = 0; start < 2; start++)
        {
            await using var server = await StartAsync(right);
            Assert.Equal(ClockState.Sane, server.Instance.Clock.State);

            // The server before may have recorded one more than it had time to publish, with the wrong date too.
            await TestServer.UntilAsync(
                () => server.Crl() is { } crl && crl.Number > before.Number && crl.ThisUpdate <= _start.AddDays(right), TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task What_happens_while_the_clock_is_ahead_happens_at_once_and_is_dated_with_the_last_time_that_was_believed()
    {
        var time = new FakeTimeProvider(_start);
        await using (var server = await TestServer.StartAsync(time: time, directory: _folder))
        {
            var registrar = server.Registrar();
            var administrator = server.Administrator();
            var renewed = await server.NewDevice("pump-1").EnrollAsync(registrar);
            using (await renewed.RenewAsync(renewed.Client())) { }
            var held = await server.NewDevice("pump-2").EnrollAsync(registrar);

            time.StepClock(TimeSpan.FromDays(2));
            using (var self = await renewed.Client().GetAsync("/api/v1/self")) Assert.Equal(HttpStatusCode.OK, self.StatusCode);
            var revocation = $"/api/v1/certificates/{held.SerialNumber}/revocation";
            using (var hold = await administrator.PostAsJsonAsync(revocation, new { reason = "certificateHold" })) Assert.True(hold.IsSuccessStatusCode);
            await Problem.IsAsync(await held.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-on-hold");
            using (var release = await administrator.DeleteAsync(revocation)) Assert.True(release.IsSuccessStatusCode);
            using (var gone = await administrator.PostAsJsonAsync(revocation, new { reason = "keyCompromise" })) Assert.True(gone.IsSuccessStatusCode);
            await Problem.IsAsync(await held.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");

            var entries = await server.Instance.Database.Audit.ReadAuditAsync(1, default).ToListAsync();
            Assert.Contains(entries, entry => entry.Action == AuditActions.CertificateConfirmed);
            Assert.Contains(entries, entry => entry.Action == AuditActions.CertificateRevoked);
            Assert.All(entries, entry => Assert.True(entry.At <= _start, $"{entry.Action} {entry.At:O}"));
        }

        await using (var server = await StartAsync(0)) Assert.Equal(ClockState.Sane, server.Instance.Clock.State);
    }

    [Theory]
    [InlineData(3650, "clock-suspect")]
    [InlineData(-30, "clock-regressed")]
    public async Task A_caller_whose_certificate_is_out_of_date_only_by_a_wrong_clock_hears_that_it_is_the_clock(int days, string code)
    {
        var time = new FakeTimeProvider(_start);
        await using var server = await TestServer.StartAsync(time: time);
        var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();

        time.StepClock(TimeSpan.FromDays(days));
        using (var held = await device.GetAsync("/api/v1/self"))
        {
            await Problem.IsAsync(held, HttpStatusCode.ServiceUnavailable, code);
            Assert.NotNull(held.Headers.RetryAfter);
        }

        time.StepClock(TimeSpan.FromDays(-days));
        using var self = await device.GetAsync("/api/v1/self");
        Assert.Equal(HttpStatusCode.OK, self.StatusCode);
    }

    [Theory]
    [InlineData("pki/server.key")]
    [InlineData("credentials/admin.*")]
    public async Task A_start_that_must_sign_something_by_a_wrong_clock_ends_with_advice(string missing)
    {
        await using (await StartAsync(0)) { }
        foreach (var file in Directory.GetFiles(_folder, missing)) File.Delete(file);

        var refused = await Assert.ThrowsAsync<StartupException>(() => StartAsync(400));

        Assert.Contains("clock --accept", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("999999")]
    [InlineData("soon")]
    public async Task The_audit_tells_when_the_clock_is_said_to_be_accepted_where_no_entry_says_so(string sequence)
    {
        await using var server = await StartAsync(0);
        await server.UntilCrlsAsync();
        await server.Instance.Database.Authorities.AcceptTimeAsync(_start, _start, default);
        var auditor = new Auditor(
            server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl);
        Assert.Empty((await auditor.RunAsync(default)).Findings);

        await server.Instance.Database.Writer.RunAsync(
            transaction => transaction.Sql("UPDATE meta SET value = @value WHERE key = 'clock_accepted'").With("value", sequence).Execute(),
            default);

        Assert.Contains("clock", Assert.Single((await auditor.RunAsync(default)).Findings), StringComparison.Ordinal);
        Assert.NotNull(await server.Instance.Database.Authorities.LatestTimeAsync(default));
    }

    private Reservation NewReservation() => new()
    {
        Authority = AuthorityDirectory.IssuingName,
        SerialNumber = SerialNumber.NewRandom(),
        HolderKind = HolderKind.Device,
        Holder = "pump-1",
        Profile = "device",
        KeyThumbprint = Digest.Of([1]),
        TbsHash = Digest.Of([2]),
        NotBefore = _start,
        NotAfter = _start.AddDays(1),
        At = _start,
        Requester = "registrar:factory-line",
        RequestHash = Digest.Of([3]),
    };

    private Task<TestServer> StartAsync(double days) =>
        TestServer.StartAsync(time: new FakeTimeProvider(_start.AddDays(days)), directory: _folder);

    private async Task<string> ClockAsync(Dictionary<string, string> arguments, double days = 1)
    {
        var output = new StringWriter();
        var options = new ServerOptions { DataDirectory = _folder };
        Assert.Equal(0, await ClockVerb.RunAsync(options, arguments, output, new FakeTimeProvider(_start.AddDays(days))));
        return output.ToString();
    }
}
