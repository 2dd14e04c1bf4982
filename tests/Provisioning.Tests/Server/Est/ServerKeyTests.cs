using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>serverkeygen (RFC 7030 §4.4): keys that are made here, given out once, and nowhere else.</summary>
public sealed class ServerKeyTests : IAsyncLifetime
{
    private static readonly string[] AllCredentials = ["registrar", "token", "birth", "claim"];

    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await DefineAsync("plants", "allowed");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_device_gets_a_key_and_its_certificate_and_authenticates_with_them()
    {
        var made = await KeyParts.ReadAsync(await (await WithTokenAsync()).EstAsync(KeyParts.Operation, Request("pump-1")));

        Assert.Equal("CN=pump-1", made.Certificate.Subject);
        using var device = made.WithKey();
        Assert.Equal(HttpStatusCode.OK, (await _server.Client(device).GetAsync("/api/v1/self")).StatusCode);
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    public async Task The_key_is_of_the_kind_that_the_request_is_signed_with(int bits)
    {
        using var like = RSA.Create(bits);
        var request = new CertificateRequest("CN=pump-rsa", like, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        var made = await KeyParts.ReadAsync(await (await WithTokenAsync()).EstAsync(KeyParts.Operation, request));

        using var key = made.Certificate.GetRSAPublicKey()!;
        Assert.Equal(bits, key.KeySize);
        Assert.NotEqual(like.ExportSubjectPublicKeyInfo(), key.ExportSubjectPublicKeyInfo());
        using var own = RSA.Create();
        own.ImportPkcs8PrivateKey(made.Key, out _);
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), own.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public async Task E_12_Where_the_group_makes_no_keys_there_is_no_such_operation()
    {
        await _server.OpenGroupAsync("strict");
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "strict" }));

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1")), HttpStatusCode.NotFound, "server-keys-off");
        Assert.Equal(HttpStatusCode.OK, (await client.EstAsync(EstCalls.Enroll, Request("pump-1"))).StatusCode);
    }

    [Theory]
    [InlineData("another", null)]
    [InlineData(null, "1.2.840.113549.3.7")]
    [InlineData(null, "2.16.840.1.101.3.4.1.46")]
    public async Task E_12_What_cannot_be_protected_as_asked_is_not_issued(string? identifier, string? algorithm)
    {
        var token = await _server.CreateTokenAsync(new { group = "plants" });
        using var client = _server.WithPassword(token);
        var asked = KeyAttributes.Secret(identifier ?? token.Split('.')[1], algorithm is null ? [] : [algorithm]);

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", asked)), HttpStatusCode.BadRequest, "key-protection");
        Assert.Equal(HttpStatusCode.NotFound, (await _server.Administrator().GetAsync("/api/v1/devices/pump-1")).StatusCode);
    }

    [Fact]
    public async Task E_12_Another_certificate_than_the_one_that_is_shown_is_not_encrypted_for()
    {
        using var client = await WithTokenAsync();
        var asked = KeyAttributes.Certificate([1, 2, 3]);

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", asked)), HttpStatusCode.BadRequest, "key-protection");
    }

    [Fact]
    public async Task Where_the_group_wants_keys_encrypted_a_plain_one_is_refused()
    {
        await DefineAsync("secret", "encrypted");
        var token = await _server.CreateTokenAsync(new { group = "secret" });
        using var client = _server.WithPassword(token);

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1")), HttpStatusCode.BadRequest, "key-protection");
        var answer = await client.EstAsync(KeyParts.Operation, Request("pump-1", KeyAttributes.Secret(token.Split('.')[1], [])));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("smime-type=server-generated-key", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_made_up_for_by_another_key_and_the_first_one_is_good_for_nothing()
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = await WithTokenAsync();
        var lost = await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));
        var made = await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));

        Assert.NotEqual(lost.Certificate.SerialNumber, made.Certificate.SerialNumber);
        using var first = lost.WithKey();
        using var second = made.WithKey();
        Assert.Equal(HttpStatusCode.OK, (await _server.Client(second).GetAsync("/api/v1/self")).StatusCode);
        await Problem.IsAsync(await _server.Client(first).GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-superseded");
    }

    [Fact]
    public async Task Once_the_key_was_used_the_same_request_gets_no_other()
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = await WithTokenAsync();
        var made = await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));
        using var device = made.WithKey();
        Assert.Equal(HttpStatusCode.OK, (await _server.Client(device).GetAsync("/api/v1/self")).StatusCode);
        await _server.Instance.Database.Writer.RunAsync(static _ => true, default);

        await EstRefusal.IsAsync(
            await client.EstAsync(KeyParts.Operation, Request("pump-1", like)), HttpStatusCode.Conflict, "device-already-bound");
    }

    [Fact]
    public async Task Another_request_gets_no_key_for_a_device_that_has_one()
    {
        using var client = await WithTokenAsync(uses: 2);
        await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1")));

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1")), HttpStatusCode.Conflict, "device-already-bound");
        using var other = await WithTokenAsync();
        await EstRefusal.IsAsync(await other.EstAsync(KeyParts.Operation, Request("pump-1")), HttpStatusCode.Conflict, "device-already-bound");
    }

    [Fact]
    public async Task A_one_time_token_is_used_once_however_often_the_answer_is_lost()
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = await _server.CreateTokenAsync(new { group = "plants" });
        using var client = _server.WithPassword(token);
        for (var i = 0; i < 3; i++) await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));

        var read = await _server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/tokens/" + token.Split('.')[1]);
        Assert.Equal(1, read.GetProperty("used").GetInt32());
        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-2")), HttpStatusCode.Unauthorized, "token-exhausted");
    }

    [Fact]
    public async Task The_books_are_right_after_lost_answers_and_no_clone_is_suspected()
    {
        await _server.DefineGroupAsync("careful", new { credentials = AllCredentials, serverKeys = "allowed", onClone = "quarantine" });
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "careful" }));
        for (var i = 0; i < 2; i++) await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.EstAsync(KeyParts.Operation, Request("pump-1", like))));

        Assert.All(answers, answer => Assert.True(
            answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict, answer.ToString()));
        var device = await _server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/devices/pump-1");
        Assert.Equal("active", device.GetProperty("state").GetString());
        await EstAudit.IsCleanAsync(_server);
    }

    [Fact]
    public async Task A_lost_answer_is_made_up_for_so_often_and_no_more()
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = await WithTokenAsync();
        for (var i = 0; i < 6; i++) await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));

        await EstRefusal.IsAsync(
            await client.EstAsync(KeyParts.Operation, Request("pump-1", like)), HttpStatusCode.Conflict, "device-already-bound");
    }

    [Fact]
    public async Task What_an_administrator_has_revoked_is_not_made_up_for()
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = await WithTokenAsync();
        await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));
        var made = await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));
        using var revoked = await _server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{made.Certificate.SerialNumber}/revocation", new { reason = "keyCompromise" });
        Assert.True(revoked.IsSuccessStatusCode);

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)), HttpStatusCode.Unauthorized, "token-exhausted");
    }

    [Fact]
    public async Task One_approval_is_for_one_key()
    {
        await _server.DefineGroupAsync("slow", new { credentials = AllCredentials, serverKeys = "allowed", approval = "manual" });
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "slow" }));
        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)), HttpStatusCode.Accepted, "approval-pending");
        var waiting = await _server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/approvals?state=pending");
        var ids = waiting.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("id").GetString()).ToArray();
        using var decided = await _server.Administrator().PostAsJsonAsync("/api/v1/approvals/decisions", new { ids, approve = true });
        Assert.True(decided.IsSuccessStatusCode);

        await KeyParts.ReadAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)));
        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)), HttpStatusCode.Accepted, "approval-pending");
        await EstAudit.IsCleanAsync(_server);
    }

    [Fact]
    public async Task A_device_renews_to_a_key_that_is_made_here()
    {
        var made = await KeyParts.ReadAsync(await (await WithTokenAsync()).EstAsync(KeyParts.Operation, Request("pump-1")));
        using var first = made.WithKey();
        var next = await KeyParts.ReadAsync(await _server.Client(first).EstAsync(KeyParts.Operation, Request("pump-1")));
        using var second = next.WithKey();

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Equal(HttpStatusCode.OK, (await _server.Client(second).GetAsync("/api/v1/self")).StatusCode);
    }

    [Fact]
    public async Task A_token_that_is_for_one_key_gets_no_other_made()
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keyThumbprint = Convert.ToHexString(SHA256.HashData(like.ExportSubjectPublicKeyInfo()));
        using var client = _server.WithPassword(await _server.CreateTokenAsync(new { group = "plants", keyThumbprint }));

        await EstRefusal.IsAsync(await client.EstAsync(KeyParts.Operation, Request("pump-1", like)), HttpStatusCode.Forbidden, "key-mismatch");
    }

    [Fact]
    public async Task No_key_that_was_made_is_in_the_database_a_file_or_the_log()
    {
        var made = await KeyParts.ReadAsync(await (await WithTokenAsync()).EstAsync(KeyParts.Operation, Request("pump-1")));
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(made.Key, out _);
        var search = new SecretSearch(key.ExportParameters(includePrivateParameters: true).D!, made.Key);

        // The lock is held, and empty.
        var files = Directory.EnumerateFiles(_server.Instance.Data.Path, "*", SearchOption.AllDirectories);
        foreach (var file in files.Where(file => !file.EndsWith("provisioning.lock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, TestContext.Current.CancellationToken);
            Assert.False(search.Finds(copy.ToArray()), file);
        }

        Assert.NotEmpty(_server.Log.All);
        Assert.DoesNotContain(_server.Log.All, search.Finds);
    }

    private async Task DefineAsync(string name, string serverKeys) => await _server.DefineGroupAsync(
        name, new { credentials = AllCredentials, serverKeys, renewal = new { early = "allowed" } });

    private async Task<HttpClient> WithTokenAsync(int uses = 1) =>
        _server.WithPassword(await _server.CreateTokenAsync(new { group = "plants", uses }));

    private static byte[] Request(string name, params AsnEncodedData[] attributes)
    {
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(name, like, attributes);
    }

    private static byte[] Request(string name, ECDsa like, params AsnEncodedData[] attributes)
    {
        var request = new CertificateRequest("CN=" + name, like, HashAlgorithmName.SHA256);
        foreach (var attribute in attributes) request.OtherRequestAttributes.Add(attribute);
        return request.CreateSigningRequest();
    }
}
