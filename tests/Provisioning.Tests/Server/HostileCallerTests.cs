using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server;

/// <summary>Client certificates that are none of ours, in every way that a stranger can think of (H_21 to H_23).</summary>
public sealed class HostileCallerTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    [Fact]
    public async Task H_21_without_a_certificate_the_answer_is_401_with_the_reason() =>
        await Problem.IsAsync(await shared.Server.Anonymous().GetAsync("/api/v1/devices"), HttpStatusCode.Unauthorized, "no-credential");

    public static TheoryData<string> Strangers => [.. Certificates.Keys];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task H_22_a_certificate_that_is_not_in_the_registry_is_401_and_nothing_is_fetched(string kind)
    {
        using var certificate = Certificates[kind](shared.Server);
        using var client = shared.Server.Client(certificate);

        await Problem.IsAsync(await client.GetAsync("/api/v1/devices"), HttpStatusCode.Unauthorized, "unknown-certificate");
        await shared.IsAliveAsync();
    }

    [Fact]
    public async Task H_23_a_certificate_with_the_serial_number_of_ours_but_other_bytes_is_401()
    {
        var ours = await shared.Server.NewDevice("twin-" + Guid.NewGuid()).EnrollAsync(shared.Client);
        using var forged = SelfSigned(shared.Server, request => { }, serial: ours.Certificate!.SerialNumberBytes.ToArray());
        using var client = shared.Server.Client(forged);

        await Problem.IsAsync(await client.GetAsync("/api/v1/self"), HttpStatusCode.Unauthorized, "unknown-certificate");
    }

    [Fact]
    public async Task The_servers_own_certificate_is_no_credential()
    {
        using var fromPem = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(shared.Server.Instance.Data.CertificateFile("server")));
        using var key = shared.Server.Instance.Keys.TryLoad("server")!;
        using var withKey = key.Use(algorithm => fromPem.CopyWithPrivateKey((ECDsa)algorithm));
        using var client = shared.Server.Client(withKey);

        using var response = await client.GetAsync("/api/v1/self");

        await Problem.IsAsync(response, HttpStatusCode.Forbidden, "not-allowed");
    }

    [Fact]
    public async Task A_device_may_neither_enroll_nor_list_nor_revoke()
    {
        var device = await shared.Server.NewDevice("plain-" + Guid.NewGuid()).EnrollAsync(shared.Client);
        using var client = device.Client();

        foreach (var response in new[]
        {
            await client.PostAsync("/api/v1/enrollments?deviceId=other", Pkcs10(device.Request(commonName: "other"))),
            await client.GetAsync("/api/v1/devices"),
            await client.PostAsync($"/api/v1/certificates/{device.SerialNumber}/revocation", null),
            await client.GetAsync("/metrics"),
        })
        {
            await Problem.IsAsync(response, HttpStatusCode.Forbidden, "not-allowed");
        }
    }

    [Fact]
    public async Task A_registrar_may_enroll_but_neither_list_nor_revoke_nor_renew()
    {
        var device = await shared.Server.NewDevice("pump-" + Guid.NewGuid()).EnrollAsync(shared.Client);

        await Problem.IsAsync(await shared.Client.GetAsync("/api/v1/devices"), HttpStatusCode.Forbidden, "not-allowed");
        await Problem.IsAsync(
            await shared.Client.PostAsync($"/api/v1/certificates/{device.SerialNumber}/revocation", null), HttpStatusCode.Forbidden, "not-allowed");
        await Problem.IsAsync(
            await shared.Client.PostAsync("/api/v1/renewals", Pkcs10(device.Request())), HttpStatusCode.Forbidden, "not-allowed");
    }

    private static ByteArrayContent Pkcs10(byte[] der) =>
        new(der) { Headers = { ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/pkcs10") } };

    private static readonly Dictionary<string, Func<TestServer, X509Certificate2>> Certificates = new()
    {
        ["self-signed"] = server => SelfSigned(server, _ => { }),
        ["expired"] = server => SelfSigned(server, _ => { }, from: -400, to: -10),
        ["not yet valid"] = server => SelfSigned(server, _ => { }, from: 10, to: 400),
        ["an authority"] = server => SelfSigned(server, request => request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true))),
        ["for servers only"] = server => SelfSigned(server, request => request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], true))),
        ["an unknown critical extension"] = server => SelfSigned(server, request => request.CertificateExtensions.Add(
            new X509Extension("1.2.3.4.5", [0x05, 0x00], true))),
        ["10 KB of alternative names"] = server => SelfSigned(server, request =>
        {
            var names = new SubjectAlternativeNameBuilder();
            for (var i = 0; i < 400; i++) names.AddDnsName($"device-{i:D8}.example.com");
            request.CertificateExtensions.Add(names.Build());
        }),
        ["an address to fetch an issuer from"] = server => SelfSigned(server, request => request.CertificateExtensions.Add(
            new X509AuthorityInformationAccessExtension([], ["http://127.0.0.1:1/issuer.cer"]))),
        ["signed by an authority of the same name"] = SignedByNamesake,
    };

    private static X509Certificate2 SelfSigned(
        TestServer server, Action<CertificateRequest> change, int from = -1, int to = 30, byte[]? serial = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256);
        change(request);
        var now = server.Instance.Time.GetUtcNow();
        if (serial is null) return request.CreateSelfSigned(now.AddDays(from), now.AddDays(to));
        using var certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddDays(from), now.AddDays(to), serial);
        return certificate.CopyWithPrivateKey(key);
    }

    // TM-08: the same issuer name, and a chain that looks right to whoever compares names only.
    private static X509Certificate2 SignedByNamesake(TestServer server)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = server.Instance.Time.GetUtcNow();
        var request = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256);
        using var certificate = request.Create(
            new X500DistinguishedName(server.Authorities.Issuing.SubjectName.Span),
            X509SignatureGenerator.CreateForECDsa(forger), now.AddDays(-1), now.AddDays(30), RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }
}
