using System.Net;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>Who may do what at the EST door: every kind of credential at every operation.</summary>
public sealed class EstCredentialTests(EstHouse house) : IClassFixture<EstHouse>
{
    private readonly TestDevice _device = house.NewDevice();

    // Operation, credential, status, and the code of a refusal.
    public static TheoryData<string, string, int, string?> Matrix => new()
    {
        { EstCalls.Enroll, "nothing", 401, "no-credential" },
        { EstCalls.Enroll, "token", 200, null },
        { EstCalls.Enroll, "token as bearer", 200, null },
        { EstCalls.Enroll, "token for the device", 200, null },
        { EstCalls.Enroll, "token for another device", 400, "identity-mismatch" },
        { EstCalls.Enroll, "token for other names", 403, "not-expected" },
        { EstCalls.Enroll, "used token", 401, "token-exhausted" },
        { EstCalls.Enroll, "claim", 200, null },
        { EstCalls.Enroll, "claim of others", 403, "not-expected" },
        { EstCalls.Enroll, "birth", 200, null },
        { EstCalls.Enroll, "registrar", 200, null },
        { EstCalls.Enroll, "administrator", 200, null },
        { EstCalls.Enroll, "device", 403, "not-allowed" },
        { EstCalls.Enroll, "relyingParty", 403, "not-allowed" },
        { EstCalls.Enroll, "stranger", 403, "unknown-certificate" },
        { EstCalls.Reenroll, "nothing", 403, "no-credential" },
        { EstCalls.Reenroll, "token", 403, "no-credential" },
        { EstCalls.Reenroll, "token as bearer", 403, "not-allowed" },
        { EstCalls.Reenroll, "claim", 403, "not-allowed" },
        { EstCalls.Reenroll, "birth", 200, null },
        { EstCalls.Reenroll, "registrar", 403, "not-allowed" },
        { EstCalls.Reenroll, "administrator", 403, "not-allowed" },
        { EstCalls.Reenroll, "device", 200, null },
        { EstCalls.Reenroll, "relyingParty", 403, "not-allowed" },
        { EstCalls.Reenroll, "stranger", 403, "unknown-certificate" },
        { KeyParts.Operation, "nothing", 401, "no-credential" },
        { KeyParts.Operation, "token", 200, null },
        { KeyParts.Operation, "token as bearer", 200, null },
        { KeyParts.Operation, "token for the device", 200, null },
        { KeyParts.Operation, "token for another device", 400, "identity-mismatch" },
        { KeyParts.Operation, "token for other names", 403, "not-expected" },
        { KeyParts.Operation, "used token", 401, "token-exhausted" },
        { KeyParts.Operation, "claim", 200, null },
        { KeyParts.Operation, "claim of others", 403, "not-expected" },
        { KeyParts.Operation, "birth", 200, null },
        { KeyParts.Operation, "registrar", 200, null },
        { KeyParts.Operation, "administrator", 200, null },
        { KeyParts.Operation, "device", 200, null },
        { KeyParts.Operation, "relyingParty", 403, "not-allowed" },
        { KeyParts.Operation, "stranger", 403, "unknown-certificate" },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Each_credential_does_what_it_is_for(string operation, string credential, int status, string? code)
    {
        using var client = await WithAsync(credential);
        foreach (var group in (string?[])[EstHouse.Group, GroupOfUnlabelled(credential)])
        {
            var answer = await client.EstAsync(operation, _device.Request(), group);
            if (code is not null) await EstRefusal.IsAsync(answer, (HttpStatusCode)status, code);
            else if (operation == KeyParts.Operation) await AssertKeyAsync(answer);
            else await EstCalls.SerialAsync(answer);
        }
    }

    [Theory]
    [InlineData("token")]
    [InlineData("registrar")]
    [InlineData("nothing")]
    public async Task What_is_for_everybody_is_for_everybody(string credential)
    {
        using var client = await WithAsync(credential);
        foreach (var operation in (string[])["cacerts", "csrattrs"])
        {
            foreach (var group in (string?[])[EstHouse.Group, null])
                Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(EstCalls.At(operation, group))).StatusCode);
        }
    }

    [Fact]
    public async Task A_token_of_another_group_does_not_reach_the_label()
    {
        await house.Server.OpenGroupAsync("fans");
        using var client = await house.WithTokenAsync();

        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, _device.Request(), "fans"), HttpStatusCode.Forbidden, "outside-scope");
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, _device.Request(), "default"), HttpStatusCode.Forbidden, "outside-scope");
    }

    [Fact]
    public async Task The_default_group_takes_no_tokens_and_a_registrar_enrolls_into_it_without_a_label()
    {
        await EstCalls.SerialAsync(await house.Registrar.EstAsync(EstCalls.Enroll, _device.Request()));

        var row = await house.Server.GetAsync("/api/v1/devices/" + _device.Id);
        Assert.Equal("default", row.GetProperty("group").GetString());
        await EstRefusal.IsAsync(
            await house.Registrar.EstAsync(EstCalls.Enroll, _device.Request(), EstHouse.Group), HttpStatusCode.Conflict, "group-mismatch");
    }

    [Fact]
    public async Task Who_shows_a_certificate_and_a_bearer_token_is_refused_as_over_REST()
    {
        var registrar = house.Server.Registrar();
        registrar.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + await house.Server.CreateTokenAsync(new { group = EstHouse.Group }));

        await EstRefusal.IsAsync(await registrar.EstAsync(EstCalls.Enroll, _device.Request()), HttpStatusCode.BadRequest, "two-credentials");
    }

    [Fact]
    public async Task A_password_is_not_for_the_REST_API()
    {
        using var client = await house.WithTokenAsync();

        await Problem.IsAsync(await client.EnrollAsync(_device.Id), HttpStatusCode.Unauthorized, "no-credential");
    }

    [Fact]
    public async Task The_device_is_told_by_the_credential_else_by_the_common_name_else_by_the_serial_number_in_the_subject()
    {
        using var any = await house.WithTokenAsync(uses: 5);
        var one = house.Server.WithPassword(await house.Server.CreateTokenAsync(new { group = EstHouse.Group, deviceId = _device.Id }));

        await EstCalls.SerialAsync(await one.EstAsync(EstCalls.Enroll, EstCalls.Request(_device.Key, Der.Sequence()), EstHouse.Group));
        Assert.Equal(_device.Id, (await house.Server.GetAsync("/api/v1/devices/" + _device.Id)).GetProperty("deviceId").GetString());

        var numbered = house.NewDevice();
        var serial = Der.Sequence(Der.NameAttribute("2.5.4.5", Der.Printable(numbered.Id)), Der.NameAttribute("2.5.4.10", Der.Utf8("Acme")));
        await EstCalls.SerialAsync(await any.EstAsync(EstCalls.Enroll, EstCalls.Request(numbered.Key, serial)));
        Assert.Equal(numbered.Id, (await house.Server.GetAsync("/api/v1/devices/" + numbered.Id)).GetProperty("deviceId").GetString());

        foreach (var nobody in new[] { Der.Sequence(), Der.Sequence(Der.NameAttribute("2.5.4.10", Der.Utf8("Acme"))), Der.Name(Der.Utf8("a b")) })
        {
            await EstRefusal.IsAsync(
                await any.EstAsync(EstCalls.Enroll, EstCalls.Request(house.NewDevice().Key, nobody)), HttpStatusCode.BadRequest, "bad-device-id");
        }
    }

    // Of the request nothing but its kind is in what is given.
    private async Task AssertKeyAsync(HttpResponseMessage answer)
    {
        using var made = (await KeyParts.ReadAsync(answer)).WithKey();
        Assert.Equal(_device.Id, made.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        Assert.NotEqual(_device.Key.ExportSubjectPublicKeyInfo(), made.PublicKey.ExportSubjectPublicKeyInfo());
    }

    // A registrar's request without a label is for the group of the device, or for the default one.
    private static string? GroupOfUnlabelled(string credential) => credential is "registrar" or "administrator" ? EstHouse.Group : null;

    private async Task<HttpClient> WithAsync(string credential)
    {
        var server = house.Server;
        switch (credential)
        {
            case "nothing":
                return server.Anonymous();
            case "token":
                return await house.WithTokenAsync();
            case "token as bearer":
                return server.WithToken(await server.CreateTokenAsync(new { group = EstHouse.Group }));
            case "token for the device":
                return server.WithPassword(await server.CreateTokenAsync(new { group = EstHouse.Group, deviceId = _device.Id }));
            case "token for another device":
                return server.WithPassword(await server.CreateTokenAsync(new { group = EstHouse.Group, deviceId = "other" }));
            case "token for other names":
                return server.WithPassword(await server.CreateTokenAsync(new { group = EstHouse.Group, deviceIdPattern = "fan-[0-9]+" }));
            case "used token":
                var used = await house.WithTokenAsync();
                await house.NewDevice().EstEnrollAsync(used);
                return used;
            case "claim":
                return await ClaimAsync(_device.Id);
            case "claim of others":
                return await ClaimAsync("other-" + _device.Id);
            case "birth":
                return await BirthAsync();
            case "registrar":
                return server.Registrar();
            case "administrator":
                return server.Administrator();
            case "device":
                await _device.EstEnrollAsync(house.Registrar, EstHouse.Group);
                return _device.Client();
            case "relyingParty":
                using (var party = await server.AddPrincipalAsync($"broker-{Guid.NewGuid():N}"[..20], "relyingParty")) return server.Client(Copy(party));
            default:
                using (var stranger = new Manufacturer()) return server.Client(stranger.Issue("X-1"));
        }
    }

    private async Task<HttpClient> ClaimAsync(string expected)
    {
        var batch = $"week-{Guid.NewGuid():N}"[..20];
        await house.Server.CreateBatchAsync(batch, EstHouse.Group, expected);
        return house.Server.Client(await house.Server.IssueClaimAsync(batch));
    }

    private async Task<HttpClient> BirthAsync()
    {
        using var acme = new Manufacturer($"CN=Acme {Guid.NewGuid():N}");
        using (var registered = await acme.RegisterAsync(house.Server, $"acme-{Guid.NewGuid():N}"[..20], "pump-[0-9a-f]+"))
            await CredentialCalls.BodyAsync(registered, HttpStatusCode.Created);
        return house.Server.Client(acme.Issue(_device.Id));
    }

    private static X509Certificate2 Copy(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}
