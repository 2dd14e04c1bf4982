using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Birth certificates of manufacturers, over the real server.</summary>
public sealed class BirthTests : IAsyncLifetime
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
    public async Task A_device_enrolls_itself_with_its_birth_certificate_and_nobody_else()
    {
        await _acme.RegisterWellAsync(_server);
        using var birth = _acme.Issue("AC-1");
        using var client = _server.Client(birth);

        await Problem.IsAsync(await client.EnrollAsync("AC-2"), HttpStatusCode.Forbidden, "not-expected");
        await CredentialCalls.SerialAsync(await client.EnrollAsync("AC-1"));

        Assert.Equal("pumps", (await _server.GetAsync("/api/v1/devices/AC-1")).GetProperty("group").GetString());
        var certificate = (await _server.GetAsync("/api/v1/certificates?holder=AC-1")).GetProperty("items")[0];
        Assert.Equal("birth:acme:AC-1", certificate.GetProperty("requester").GetString());
    }

    [Fact]
    public async Task The_device_id_is_made_of_the_serial_number_by_the_anchors_template()
    {
        using (var registered = await _acme.RegisterAsync(_server, deviceId: "acme:${serialNumber}"))
            await CredentialCalls.BodyAsync(registered, HttpStatusCode.Created);
        using var birth = _acme.Issue(null, change: request => request.CertificateExtensions.Add(Manufacturer.HardwareModule("AC-77")));
        using var client = _server.Client(birth);

        await CredentialCalls.SerialAsync(await client.EnrollAsync("acme:AC-77"));
    }

    [Fact]
    public async Task TM_08_another_manufacturer_with_the_same_issuer_name_is_refused()
    {
        await _acme.RegisterWellAsync(_server);
        using var namesake = new Manufacturer();
        using var birth = namesake.Issue("AC-1");
        using var client = _server.Client(birth);

        await Problem.IsAsync(await client.EnrollAsync("AC-1"), HttpStatusCode.Unauthorized, "unknown-certificate");
    }

    [Fact]
    public async Task TM_08_a_manufacturer_with_the_name_of_our_authority_makes_no_administrators()
    {
        var ours = new X500DistinguishedName(_server.Authorities.Issuing.SubjectName.Span);
        using var namesake = new Manufacturer(exactName: ours);
        await namesake.RegisterWellAsync(_server);
        using var birth = namesake.Issue("AC-1", subject: new X500DistinguishedName("CN=admin, SERIALNUMBER=AC-1"));
        using var client = _server.Client(birth);

        await Problem.IsAsync(await client.GetAsync("/api/v1/devices"), HttpStatusCode.Forbidden, "not-allowed");
        await CredentialCalls.SerialAsync(await client.EnrollAsync("AC-1"));
        Assert.Equal(HttpStatusCode.OK, (await _server.Administrator().GetAsync("/api/v1/devices")).StatusCode);
    }

    [Fact]
    public async Task TM_08_an_authority_of_ours_is_no_manufacturer()
    {
        using var response = await _server.Administrator().PostAsync("/api/v1/trust-anchors", System.Net.Http.Json.JsonContent.Create(new
        {
            name = "us",
            group = "pumps",
            certificate = await File.ReadAllTextAsync(_server.Instance.Data.CertificateFile("root")),
            serialNumberPattern = ".*",
        }));

        await Problem.IsAsync(response, HttpStatusCode.UnprocessableEntity, "bad-credential");
    }

    [Fact]
    public async Task TM_08_a_birth_certificate_that_has_expired_by_a_second_is_refused()
    {
        await _acme.RegisterWellAsync(_server);
        using var expired = _acme.Issue("AC-1", notAfter: DateTimeOffset.UtcNow.AddSeconds(-2));
        using var client = _server.Client(expired);

        await Problem.IsAsync(await client.EnrollAsync("AC-1"), HttpStatusCode.Unauthorized, "certificate-expired");
    }

    public static TheoryData<string> Unfit => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(Unfit))]
    public async Task A_birth_certificate_that_is_not_one_of_a_device_is_refused(string kind)
    {
        await _acme.RegisterWellAsync(_server);
        using var birth = Bad[kind].Make(_acme);
        using var client = _server.Client(birth);

        await Problem.IsAsync(await client.EnrollAsync("AC-1"), Bad[kind].Status, Bad[kind].Code);
    }

    [Fact]
    public async Task A_manufacturer_that_is_withdrawn_is_a_stranger_on_open_connections_too()
    {
        await _acme.RegisterWellAsync(_server);
        using var birth = _acme.Issue("AC-1");
        using var open = _server.Client(birth);
        await Problem.IsAsync(await open.EnrollAsync("AC-2"), HttpStatusCode.Forbidden, "not-expected");

        using (var withdrawn = await _server.Administrator().DeleteAsync("/api/v1/trust-anchors/acme"))
            Assert.NotNull((await CredentialCalls.BodyAsync(withdrawn)).GetProperty("withdrawnAt").GetString());

        await Problem.IsAsync(await open.EnrollAsync("AC-1"), HttpStatusCode.Unauthorized, "unknown-certificate");
        await Problem.IsAsync(await _acme.RegisterAsync(_server), HttpStatusCode.Conflict, "already-exists");
    }

    [Fact]
    public async Task An_authority_below_the_anchor_signs_when_it_is_registered_with_it()
    {
        using var plant = new Manufacturer("CN=Acme plant 2", _acme);
        using var unknown = new Manufacturer("CN=Acme plant 3", _acme);
        await _acme.RegisterWellAsync(_server, null, plant);
        using var birth = plant.Issue("AC-1");
        using var stranger = unknown.Issue("AC-2");
        using var client = _server.Client(birth);
        using var other = _server.Client(stranger);

        await CredentialCalls.SerialAsync(await client.EnrollAsync("AC-1"));
        await Problem.IsAsync(await other.EnrollAsync("AC-2"), HttpStatusCode.Unauthorized, "unknown-certificate");

        // Revoking the plant's certificate revokes what it has signed.
        using (var taken = await Manufacturer.BringAsync(_server, _acme.Crl(1, plant.Certificate))) await CredentialCalls.BodyAsync(taken);
        await Problem.IsAsync(await client.EnrollAsync("AC-1"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task An_anchor_that_is_not_sound_is_refused_with_its_field()
    {
        using var flat = new Manufacturer("CN=Flat", pathLength: 0);
        using var below = new Manufacturer("CN=Below", flat);
        using var unrelated = new Manufacturer("CN=Unrelated");
        using var noSigner = new Manufacturer("CN=No signer", usage: X509KeyUsageFlags.CrlSign);
        using var leaf = _acme.Issue("AC-1");

        await RefusedAsync(await flat.RegisterAsync(_server, below: below), "/intermediates/0");
        await RefusedAsync(await _acme.RegisterAsync(_server, below: unrelated), "/intermediates/0");
        await RefusedAsync(await noSigner.RegisterAsync(_server), "/certificate");
        await RefusedAsync(await _acme.RegisterAsync(_server, pattern: "(a)\\1"), "/serialNumberPattern");
        await RefusedAsync(await _acme.RegisterAsync(_server, deviceId: "fixed"), "/deviceId");
        await RefusedAsync(await _acme.RegisterAsync(_server, group: "default"), "/group");
        await RefusedAsync(await _acme.RegisterAsync(_server, crlPolicy: "none"), "/crlPolicy");
        await RefusedAsync(
            await _server.Administrator().PostAsync("/api/v1/trust-anchors", System.Net.Http.Json.JsonContent.Create(new
            {
                name = "leaf",
                group = "pumps",
                certificate = leaf.ExportCertificatePem() + "\n",
                serialNumberPattern = ".*",
            })),
            "/certificate");

        static async Task RefusedAsync(HttpResponseMessage response, string pointer)
        {
            var body = await CredentialCalls.BodyAsync(response, HttpStatusCode.UnprocessableEntity);
            Assert.Equal(pointer, body.GetProperty("pointer").GetString());
        }
    }

    [Fact]
    public async Task A_second_birth_certificate_for_the_same_device_is_refused()
    {
        await _acme.RegisterWellAsync(_server);
        using var first = _acme.Issue("AC-1");
        using var second = _acme.Issue("AC-1");
        using var one = _server.Client(first);
        using var other = _server.Client(second);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        await CredentialCalls.SerialAsync(await one.EnrollAsync("AC-1", key));

        await Problem.IsAsync(await other.EnrollAsync("AC-1"), HttpStatusCode.Conflict, "device-already-bound");
    }

    [Fact]
    public async Task In_a_group_of_registered_devices_a_stranger_is_not_told_that_it_is_one()
    {
        await _server.DefineGroupAsync("strict", new { credentials = new List<string> { "birth", "claim" }, registration = "preregistered" });
        using (var registered = await _acme.RegisterAsync(_server, group: "strict")) await CredentialCalls.BodyAsync(registered, HttpStatusCode.Created);
        await _server.CreateBatchAsync("batch", "strict", "AC-1");
        using var known = _acme.Issue("AC-1");
        using var unknown = _acme.Issue("AC-2");
        using var one = _server.Client(known);
        using var other = _server.Client(unknown);

        await Problem.IsAsync(await other.EnrollAsync("AC-2"), HttpStatusCode.Forbidden, "not-expected");
        await CredentialCalls.SerialAsync(await one.EnrollAsync("AC-1"));
    }

    [Fact]
    public async Task TM_04_a_birth_certificate_is_refused_on_every_other_endpoint()
    {
        await _acme.RegisterWellAsync(_server);
        using var birth = _acme.Issue("AC-1");
        using var client = _server.Client(birth);

        // At simplereenroll it enrolls, for clients that call nothing else with a certificate.
        await EverywhereElse.IsRefusedAsync(_server, client, [.. EverywhereElse.Enrolling, "estSimpleReenroll", "estSimpleReenrollOfGroup"]);
    }

    [Fact]
    public async Task TM_36_nothing_in_a_birth_certificate_makes_the_service_fetch_anything()
    {
        using var canary = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)canary.LocalEndpoint).Port}/";
        await _acme.RegisterWellAsync(_server);
        using var plant = new Manufacturer("CN=Unknown plant", _acme);
        foreach (var signer in new[] { _acme, plant })
        {
            using var birth = signer.Issue("AC-1", change: request =>
            {
                request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([address + "ocsp"], [address + "ca.cer"]));
                request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([address + "a.crl"]));
            });
            using var client = _server.Client(birth);
            using var answer = await client.EnrollAsync("AC-1");
            Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.Unauthorized, $"{answer.StatusCode}");
        }

        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task Manufacturers_and_their_CRLs_are_there_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-test-").FullName;
        using var plant = new Manufacturer("CN=Acme plant 2", _acme);
        using var good = plant.Issue("AC-1");
        using var bad = plant.Issue("AC-2");
        await using (var server = await TestServer.StartAsync(directory: folder))
        {
            await server.OpenGroupAsync();
            await _acme.RegisterWellAsync(server, null, plant);
            foreach (var crl in new[] { _acme.Crl(5), plant.Crl(6, bad) })
            {
                using var taken = await Manufacturer.BringAsync(server, crl);
                await CredentialCalls.BodyAsync(taken);
            }
        }

        await using (var server = await TestServer.StartAsync(directory: folder))
        {
            await CredentialCalls.SerialAsync(await server.Client(good).EnrollAsync("AC-1"));
            await Problem.IsAsync(await server.Client(bad).EnrollAsync("AC-2"), HttpStatusCode.Forbidden, "certificate-revoked");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static readonly Dictionary<string, (Func<Manufacturer, X509Certificate2> Make, HttpStatusCode Status, string Code)> Bad = new()
    {
        ["an authority"] = (acme => acme.Issue("AC-1", change: request => request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(true, false, 0, true))), HttpStatusCode.Forbidden, "not-allowed"),
        ["for encryption only"] = (acme => acme.Issue("AC-1", usage: X509KeyUsageFlags.KeyEncipherment), HttpStatusCode.Forbidden, "not-allowed"),
        ["for servers only"] = (acme => acme.Issue("AC-1", change: request => request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false))), HttpStatusCode.Forbidden, "not-allowed"),
        ["an unknown critical extension"] = (acme => acme.Issue("AC-1", change: request => request.CertificateExtensions.Add(
            new X509Extension("1.2.3.4.5", Der.Null, true))), HttpStatusCode.Forbidden, "not-allowed"),
        ["without a serial number"] = (acme => acme.Issue(null), HttpStatusCode.Forbidden, "outside-scope"),
        ["of another series"] = (acme => acme.Issue("XX-1"), HttpStatusCode.Forbidden, "outside-scope"),
        ["with more behind the serial number"] = (acme => acme.Issue("AC-1 AC-2"), HttpStatusCode.Forbidden, "outside-scope"),
        ["two serial numbers"] = (acme => acme.Issue("AC-1", subject: new X500DistinguishedName("SERIALNUMBER=AC-1, SERIALNUMBER=AC-2")),
            HttpStatusCode.Unauthorized, "unknown-certificate"),
        ["signed by a device"] = (acme =>
        {
            using var device = acme.Issue("AC-9");
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest(Manufacturer.SubjectOf("AC-1"), key, HashAlgorithmName.SHA256);
            using var certificate = request.Create(
                device.SubjectName, X509SignatureGenerator.CreateForECDsa(device.GetECDsaPrivateKey()!),
                DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30), [0x5A, .. RandomNumberGenerator.GetBytes(8)]);
            return certificate.CopyWithPrivateKey(key);
        }, HttpStatusCode.Unauthorized, "unknown-certificate"),
        ["self-signed in the anchor's name"] = (acme =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return new CertificateRequest(acme.Certificate.SubjectName, key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        }, HttpStatusCode.Unauthorized, "unknown-certificate"),
    };
}
