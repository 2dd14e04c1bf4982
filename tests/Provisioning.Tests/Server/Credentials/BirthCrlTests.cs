using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>The CRLs of manufacturers, over the real server: brought by an administrator, or found in their files.</summary>
public sealed class BirthCrlTests : IAsyncLifetime
{
    private readonly Manufacturer _acme = new();
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.OpenGroupAsync();
    }

    public ValueTask DisposeAsync()
    {
        _acme.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task What_the_manufacturer_has_revoked_is_refused_on_an_open_connection()
    {
        await _acme.RegisterWellAsync(_server);
        using var good = _acme.Issue("AC-1");
        using var bad = _acme.Issue("AC-2");
        using var open = _server.Client(bad);
        await Problem.IsAsync(await open.EnrollAsync("AC-3"), HttpStatusCode.Forbidden, "not-expected");

        using (var taken = await Manufacturer.BringAsync(_server, _acme.Crl(7, bad)))
            Assert.Equal(7, (await CredentialCalls.BodyAsync(taken)).GetProperty("issuers")[0].GetProperty("crlNumber").GetInt64());

        await Problem.IsAsync(await open.EnrollAsync("AC-2"), HttpStatusCode.Forbidden, "certificate-revoked");
        using var client = _server.Client(good);
        await CredentialCalls.SerialAsync(await client.EnrollAsync("AC-1"));
    }

    [Fact]
    public async Task A_CRL_counts_for_every_anchor_of_its_issuer_and_for_one_that_is_registered_later()
    {
        await _acme.RegisterWellAsync(_server);
        using (var fans = await _acme.RegisterAsync(_server, "acme-fans", "FAN-[0-9]+")) await CredentialCalls.BodyAsync(fans, HttpStatusCode.Created);
        using var fan = _acme.Issue("FAN-2");
        using var valve = _acme.Issue("VALVE-3");
        using var open = _server.Client(fan);
        await Problem.IsAsync(await open.EnrollAsync("FAN-9"), HttpStatusCode.Forbidden, "not-expected");

        using (var taken = await Manufacturer.BringAsync(_server, _acme.Crl(7, fan, valve))) await CredentialCalls.BodyAsync(taken);
        using (var valves = await _acme.RegisterAsync(_server, "acme-valves", "VALVE-[0-9]+"))
            Assert.Equal(7, (await CredentialCalls.BodyAsync(valves, HttpStatusCode.Created)).GetProperty("issuers")[0].GetProperty("crlNumber").GetInt64());

        await Problem.IsAsync(await open.EnrollAsync("FAN-2"), HttpStatusCode.Forbidden, "certificate-revoked");
        using var client = _server.Client(valve);
        await Problem.IsAsync(await client.EnrollAsync("VALVE-3"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task A_CRL_with_a_negative_serial_number_is_not_taken()
    {
        await _acme.RegisterWellAsync(_server);
        var builder = new CertificateRevocationListBuilder();
        builder.AddEntry([0xFF]);
        var crl = builder.Build(_acme.Certificate, 7, DateTimeOffset.UtcNow.AddDays(7), HashAlgorithmName.SHA256);

        await Problem.IsAsync(await Manufacturer.BringAsync(_server, crl), HttpStatusCode.UnprocessableEntity, "bad-crl");
    }

    [Fact]
    public async Task A_CRL_is_taken_only_from_its_issuer_and_only_a_newer_one()
    {
        await _acme.RegisterWellAsync(_server);
        using var namesake = new Manufacturer();
        using var revoked = _acme.Issue("AC-2");
        var first = _acme.Crl(7, revoked);
        using (var taken = await Manufacturer.BringAsync(_server, first)) await CredentialCalls.BodyAsync(taken);
        var pem = System.Text.Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", _acme.Crl(9, revoked)) + "\n");

        using (var again = await Manufacturer.BringAsync(_server, first)) await CredentialCalls.BodyAsync(again);
        foreach (var bad in new[] { namesake.Crl(8), _acme.Crl(6), _acme.Crl(7), [], "x"u8.ToArray(), first[..^1], _acme.Crl(8, DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UtcNow.AddDays(2)) })
        {
            using var refused = await Manufacturer.BringAsync(_server, bad);
            Assert.True(refused.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest, $"{refused.StatusCode}");
        }

        using (var newer = await Manufacturer.BringAsync(_server, pem))
            Assert.Equal(9, (await CredentialCalls.BodyAsync(newer)).GetProperty("issuers")[0].GetProperty("crlNumber").GetInt64());
    }

    [Theory]
    [InlineData(null, false, HttpStatusCode.Created)]
    [InlineData(null, true, HttpStatusCode.ServiceUnavailable)]
    [InlineData("required", false, HttpStatusCode.ServiceUnavailable)]
    [InlineData("required", true, HttpStatusCode.ServiceUnavailable)]
    [InlineData("acceptStale", true, HttpStatusCode.Created)]
    public async Task A_CRL_that_is_missing_or_has_expired_fails_closed_unless_the_anchor_says_otherwise(string? policy, bool hasStale, HttpStatusCode status)
    {
        await _acme.RegisterWellAsync(_server, policy);
        using var revoked = _acme.Issue("AC-2");
        if (hasStale)
        {
            using var taken = await Manufacturer.BringAsync(
                _server, _acme.Crl(1, DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(-2), revoked));
            await CredentialCalls.BodyAsync(taken);
        }

        using var birth = _acme.Issue("AC-1");
        using var client = _server.Client(birth);
        using var answer = await client.EnrollAsync("AC-1");
        Assert.Equal(status, answer.StatusCode);
        if (status == HttpStatusCode.ServiceUnavailable) await Problem.IsAsync(answer, status, "revocation-unknown");
        using var other = _server.Client(revoked);
        if (hasStale) await Problem.IsAsync(await other.EnrollAsync("AC-2"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task A_manufacturers_CRL_is_taken_from_its_file()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        await server.OpenGroupAsync();
        await _acme.RegisterWellAsync(server);
        using var birth = _acme.Issue("AC-1");
        var folder = Directory.CreateDirectory(Path.Combine(server.Instance.Data.Path, "trust-anchors"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "acme.crl"), _acme.Crl(3, birth));
        await time.WhenArmedAsync(1, Provisioning.Server.Jobs.ManufacturerCrlJob.Interval);

        time.Advance(Provisioning.Server.Jobs.ManufacturerCrlJob.Interval);

        await TestServer.UntilAsync(() => server.Instance.TrustAnchors.All[0].Issuers[0].Crl?.Status.Number == 3, TimeSpan.FromMinutes(1));
        using var client = server.Client(birth);
        await Problem.IsAsync(await client.EnrollAsync("AC-1"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task A_CRL_file_of_the_future_is_told_once_and_taken_when_its_time_has_come()
    {
        var interval = Provisioning.Server.Jobs.ManufacturerCrlJob.Interval;
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time);
        await server.OpenGroupAsync();
        await _acme.RegisterWellAsync(server);
        using (var other = await _acme.RegisterAsync(server, "zeta", "Z-[0-9]+")) await CredentialCalls.BodyAsync(other, HttpStatusCode.Created);
        var folder = Directory.CreateDirectory(Path.Combine(server.Instance.Data.Path, "trust-anchors")).FullName;
        var crl = _acme.Crl(3, time.GetUtcNow() + (3.5 * interval), time.GetUtcNow().AddDays(7));
        await File.WriteAllBytesAsync(Path.Combine(folder, "acme.crl"), crl);
        await time.WhenArmedAsync(1, interval);
        CrlStatus? Taken() => server.Instance.TrustAnchors.All[0].Issuers[0].Crl?.Status;
        int Told(string what) => server.Log.All.Count(line => line.Contains(what, StringComparison.Ordinal));

        for (var look = 1; look <= 3; look++)
        {
            // Each version of the second file is told, after a look at the first.
            await File.WriteAllBytesAsync(Path.Combine(folder, "zeta.crl"), new byte[look]);
            time.Advance(interval);
            await TestServer.UntilAsync(() => Told("'zeta'") >= look, TimeSpan.FromMinutes(1));
            Assert.Equal((null, 1), (Taken(), Told("of the future")));
        }

        time.Advance(interval);
        await TestServer.UntilAsync(() => Taken()?.Number == 3, TimeSpan.FromMinutes(1));
    }
}
