using System.Net;
using System.Net.Http.Json;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server;

/// <summary>What a device or its line must not get by asking for it: rights, names, keys that are none (TM-09, TM-11), and revocations (TM-15).</summary>
public sealed class AskingForTooMuchTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    private static readonly Dictionary<string, (X509Extension Extension, string Code)> Rights = new()
    {
        ["cA"] = (new X509BasicConstraintsExtension(true, false, 0, true), "ca-requested"),
        ["keyCertSign"] = (new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true), "extension-not-allowed"),
        ["anyExtendedKeyUsage"] = (new X509EnhancedKeyUsageExtension([new Oid("2.5.29.37.0")], false), "extension-not-allowed"),
        ["codeSigning"] = (new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.3")], false), "extension-not-allowed"),
        ["a wildcard"] = (Names("*.plant.example"), "bad-csr"),
        ["another device"] = (Names("pump-2.plant.example"), "identity-mismatch"),
        ["the service"] = (Names("localhost"), "identity-mismatch"),
    };

    private static readonly Dictionary<string, (Func<BigInteger> Modulus, string Code)> Weak = new()
    {
        ["1024 bits"] = (() => RsaNumbers.OfBits(1024), "bad-key"),
        ["ROCA"] = (() => RsaNumbers.Roca(2048), "roca"),
        ["close primes"] = (() => RsaNumbers.WithCloseFactors(2048, 512), "bad-key"),
        ["a small factor"] = (() => RsaNumbers.DivisibleBy(751, 2048), "bad-key"),
        ["a square"] = (RsaNumbers.PrimeSquared, "bad-key"),
    };

    private readonly string _id = $"pump-{Guid.NewGuid()}";

    public static TheoryData<string> AllRights => [.. Rights.Keys];

    public static TheoryData<string> AllWeak => [.. Weak.Keys];

    [Theory]
    [MemberData(nameof(AllRights))]
    public async Task TM_09_a_right_or_a_name_that_the_profile_does_not_give_is_refused(string right)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + _id, key, HashAlgorithmName.SHA256) { CertificateExtensions = { Rights[right].Extension } };

        var code = await RefusedAsync(_id, request.CreateSigningRequest());

        Assert.Equal(Rights[right].Code, code);
        Assert.Equal(HttpStatusCode.NotFound, (await shared.Server.Administrator().GetAsync("/api/v1/devices/" + _id)).StatusCode);
    }

    [Fact]
    public async Task TM_09_nobody_says_how_long_a_certificate_lives()
    {
        var device = shared.Server.NewDevice(_id);
        var asked = new { deviceId = _id, csr = Convert.ToBase64String(device.Request()), notAfter = "2126-01-01T00:00:00Z" };

        await Problem.IsAsync(await shared.Server.Registrar().PostAsJsonAsync("/api/v1/enrollments", asked), HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task TM_09_attributes_give_no_device_the_name_of_another_one_or_of_the_service()
    {
        var (server, registrar) = (shared.Server, shared.Server.Registrar());
        var group = "gateways-" + Guid.NewGuid();
        await server.DefineGroupAsync(group, new { profile = "gateway-tls" });
        async Task<HttpResponseMessage> EnrollAsync(string device, string hostname) => await registrar.PostAsJsonAsync("/api/v1/enrollments", new
        {
            deviceId = device,
            group,
            csr = Convert.ToBase64String(server.NewDevice(device).Request()),
            attributes = new { hostname },
        });
        var name = _id.ToLowerInvariant() + ".plant.example";
        using (var first = await EnrollAsync(_id, name)) Assert.Equal(HttpStatusCode.Created, first.StatusCode);

        await Problem.IsAsync(await EnrollAsync(_id + "-b", name), HttpStatusCode.Conflict, "name-in-use");
        await Problem.IsAsync(await EnrollAsync(_id + "-c", name.ToUpperInvariant()), HttpStatusCode.Conflict, "name-in-use");
        await Problem.IsAsync(await EnrollAsync(_id + "-d", "localhost"), HttpStatusCode.Conflict, "name-in-use");
        using var other = await EnrollAsync(_id + "-b", "b." + name);
        Assert.Equal(HttpStatusCode.Created, other.StatusCode);
    }

    [Theory]
    [MemberData(nameof(AllWeak))]
    public async Task TM_11_a_weak_key_is_refused(string kind)
    {
        var (modulus, code) = Weak[kind];

        Assert.Equal(code, await RefusedAsync(_id, CsrBuilder.WithModulus(modulus())));
    }

    [Fact]
    public async Task TM_11_a_key_of_another_device_and_one_that_is_compromised_are_refused()
    {
        var (server, first) = (shared.Server, shared.Server.NewDevice(_id));
        await first.EnrollAsync(server.Registrar());

        Assert.Equal("key-in-use", await RefusedAsync(_id + "-twin", first.Request(commonName: _id + "-twin")));
        using (var revoked = await server.Administrator().PostAsJsonAsync($"/api/v1/certificates/{first.SerialNumber}/revocation", new { reason = "keyCompromise" }))
            Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        Assert.Equal("key-blocked", await RefusedAsync(_id, first.Request()));
    }

    [Fact]
    public async Task TM_15_who_knows_a_serial_number_can_revoke_nothing_with_it()
    {
        var server = shared.Server;
        var victim = await server.NewDevice(_id).EnrollAsync(server.Registrar());
        var other = await server.NewDevice(_id + "-other").EnrollAsync(server.Registrar());
        var unknown = (victim.SerialNumber[0] == '7' ? '6' : '7') + victim.SerialNumber[1..];
        foreach (var client in new[] { other.Client(), victim.Client(), server.Registrar(), server.Anonymous(), server.WithToken("PVT1.0.0") })
        {
            var answers = new List<(HttpStatusCode, string)>();
            foreach (var serial in new[] { victim.SerialNumber, unknown, "nonsense" })
            {
                using var answer = await client.PostAsJsonAsync($"/api/v1/certificates/{serial}/revocation", new { reason = "keyCompromise" });
                answers.Add((answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Replace(serial, "", StringComparison.Ordinal)));
            }

            Assert.Single(answers.Distinct());
            Assert.True(answers[0].Item1 is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, $"{answers[0]}");
        }

        Assert.Equal(HttpStatusCode.OK, (await victim.Client().GetAsync("/api/v1/self")).StatusCode);
    }

    private async Task<string> RefusedAsync(string id, byte[] request)
    {
        using var answer = await shared.Server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = id, csr = Convert.ToBase64String(request) });
        Assert.False(answer.IsSuccessStatusCode);
        return Assert.Single(answer.Headers.GetValues("Provisioning-Error"));
    }

    private static X509Extension Names(string dns)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dns);
        return names.Build();
    }
}
