using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>
/// What libest, the client of GlobalSign (Go) and strongSwan's pki send, octet for octet, and what they insist on in the answers. The
/// programs themselves are tried where they can be had: see Provisioning.Interop.
/// </summary>
public sealed class DeployedClientTests(EstHouse house) : IClassFixture<EstHouse>
{
    private static readonly string[] Tokens = ["token"];

    private const string Libest = "Cisco EST client 1.0";
    private const string Go = "GlobalSign EST Client v1.0.6 github.com/globalsign/est";

    private readonly TestDevice _device = house.NewDevice();

    public static TheoryData<string?> Labels => [(string?)null, EstHouse.Group];

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task StrongSwan_gets_the_authorities(string? label)
    {
        await using var connection = await WireConnection.OpenAsync(house.Server);

        var answer = await connection.AskAsync($"GET {EstCalls.At("cacerts", label)} HTTP/1.1\r\nHost: localhost:8443\r\n\r\n");

        AssertCertificates(ClientDemands.AssertBase64(answer, EstCalls.CertsOnly, namesItself: false), 2);
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task StrongSwan_enrolls_with_a_password_at_once_and_renews_with_the_certificate(string? label)
    {
        var token = await house.Server.CreateTokenAsync(new { group = EstHouse.Group });
        await using (var connection = await WireConnection.OpenAsync(house.Server))
        {
            var enrolled = await connection.AskAsync(StrongSwan(EstCalls.At(EstCalls.Enroll, label), _device.Request(), token));
            Keep(ClientDemands.AssertBase64(enrolled, EstCalls.CertsOnly, namesItself: false));
        }

        await using var renewing = await WireConnection.OpenAsync(house.Server, _device.Certificate);
        var renewed = await renewing.AskAsync(StrongSwan(EstCalls.At(EstCalls.Reenroll, label), _device.Request(), null));
        AssertCertificates(ClientDemands.AssertBase64(renewed, EstCalls.CertsOnly, namesItself: false), 1);
    }

    [Fact]
    public async Task StrongSwan_with_a_manufacturers_certificate_calls_simplereenroll_and_is_enrolled()
    {
        using var acme = new Manufacturer();
        await acme.RegisterWellAsync(house.Server);
        using var birth = acme.Issue("AC-1");
        await using var connection = await WireConnection.OpenAsync(house.Server, birth);

        var answer = await connection.AskAsync(StrongSwan(EstCalls.At(EstCalls.Reenroll), house.Server.NewDevice("AC-1").Request(), null));

        AssertCertificates(ClientDemands.AssertBase64(answer, EstCalls.CertsOnly, namesItself: false), 1);
    }

    [Fact]
    public async Task StrongSwan_and_libest_are_told_to_wait_and_poll_on_a_new_connection()
    {
        await house.Server.DefineGroupAsync("slow", new { credentials = Tokens, approval = "manual" });
        var token = await house.Server.CreateTokenAsync(new { group = "slow" });
        var request = _device.Request();
        for (var i = 0; i < 2; i++)
        {
            await using var connection = await WireConnection.OpenAsync(house.Server);
            var answer = await connection.AskAsync(StrongSwan(EstCalls.At(EstCalls.Enroll, "slow"), request, token));
            ClientDemands.AssertReadable(answer);
            Assert.Equal("HTTP/1.1 202 Accepted", answer.StatusLine);
        }

        Assert.Equal(1, await EstApprovalTests.DecideAsync(house.Server, approve: true));
        await using var last = await WireConnection.OpenAsync(house.Server);
        var given = await last.AskAsync(LibestPost(EstCalls.At(EstCalls.Enroll, "slow"), request, token), toEnd: true);
        AssertCertificates(ClientDemands.AssertBase64(given, EstCalls.CertsOnly, namesItself: true), 1);
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task Libest_gets_authorities_and_attributes_and_reads_to_the_end(string? label)
    {
        foreach (var (operation, mediaType) in new[] { ("cacerts", EstCalls.CertsOnly), ("csrattrs", "application/csrattrs") })
        {
            await using var connection = await WireConnection.OpenAsync(house.Server);

            // It ends even a request without a body with a line more than there should be.
            var answer = await connection.AskAsync(
                $"GET {EstCalls.At(operation, label)} HTTP/1.1\r\nUser-Agent: {Libest}\r\nConnection: close\r\nHost: localhost:8443\r\nAccept: */*\r\n\r\n\r\n",
                toEnd: true);

            ClientDemands.AssertBase64(answer, mediaType, namesItself: true);
            Assert.Equal("close", answer["Connection"]);
        }
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task Libest_sends_its_password_when_it_is_asked_for_it_and_on_a_new_connection(string? label)
    {
        var token = await house.Server.CreateTokenAsync(new { group = EstHouse.Group });
        var path = EstCalls.At(EstCalls.Enroll, label);
        await using (var first = await WireConnection.OpenAsync(house.Server))
        {
            var asked = await first.AskAsync(LibestPost(path, _device.Request(), null), toEnd: true);
            ClientDemands.AssertReadable(asked);
            Assert.Equal("HTTP/1.1 401 Unauthorized", asked.StatusLine);
            Assert.Equal("Basic realm=\"provisioning\"", asked["WWW-Authenticate"]);
        }

        await using var second = await WireConnection.OpenAsync(house.Server);
        var answer = await second.AskAsync(LibestPost(path, _device.Request(), token), toEnd: true);

        AssertCertificates(ClientDemands.AssertBase64(answer, EstCalls.CertsOnly, namesItself: true), 1);
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task Libest_renews(string? label)
    {
        await _device.EstEnrollAsync(await house.WithTokenAsync());
        await using var connection = await WireConnection.OpenAsync(house.Server, _device.Certificate);

        var answer = await connection.AskAsync(LibestPost(EstCalls.At(EstCalls.Reenroll, label), _device.Request(), null), toEnd: true);

        AssertCertificates(ClientDemands.AssertBase64(answer, EstCalls.CertsOnly, namesItself: true), 1);
    }

    [Theory]
    [InlineData(2048, false)]
    [InlineData(3072, true)]
    public async Task Libest_has_an_RSA_key_made_and_reads_its_two_parts(int bits, bool atLabel)
    {
        var group = $"plants-{bits}";
        await house.Server.DefineGroupAsync(group, new { credentials = Tokens, serverKeys = "allowed" });
        var token = await house.Server.CreateTokenAsync(new { group });
        using var like = RSA.Create(bits);
        var request = new CertificateRequest("CN=" + _device.Id, like, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        var path = EstCalls.At(KeyParts.Operation, atLabel ? group : null);
        await using (var first = await WireConnection.OpenAsync(house.Server))
        {
            var asked = await first.AskAsync(LibestPost(path, request, null, saysBase64: false), toEnd: true);
            ClientDemands.AssertReadable(asked);
            Assert.Equal("HTTP/1.1 401 Unauthorized", asked.StatusLine);
        }

        await using var second = await WireConnection.OpenAsync(house.Server);
        var answer = await second.AskAsync(LibestPost(path, request, token, saysBase64: false), toEnd: true);

        Assert.True(answer.Status == 200, answer.Body);
        ClientDemands.AssertReadable(answer);
        var parts = LibestParts.Read(answer);
        var (key, certificates) = (Convert.FromBase64String(parts.Key), Convert.FromBase64String(parts.Certificates));
        AssertPair(key, certificates, bits);
        Assert.Equal(
            $"--BOUNDARY\r\nContent-Type: application/pkcs8\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(key, 64)}"
            + $"--BOUNDARY\r\nContent-Type: {EstCalls.CertsOnly}\r\nContent-Transfer-Encoding: base64\r\n\r\n{Lines(certificates, 64)}"
            + "--BOUNDARY--\r\n",
            answer.Body.Replace(answer["Content-Type"]!["multipart/mixed; boundary=".Length..], "BOUNDARY", StringComparison.Ordinal));
    }

    private static void AssertPair(byte[] pkcs8, byte[] certificates, int bits)
    {
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out var read);
        using var certificate = Assert.Single(EstCalls.Certificates(Convert.ToBase64String(certificates)));
        using var certified = certificate.GetRSAPublicKey()!;
        Assert.Equal((pkcs8.Length, bits), (read, key.KeySize));
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), certified.ExportSubjectPublicKeyInfo());
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task The_Go_client_sends_chunks_and_lines_of_76_and_takes_gzip(string? label)
    {
        var token = await house.Server.CreateTokenAsync(new { group = EstHouse.Group });
        await using var connection = await WireConnection.OpenAsync(house.Server);

        // Over TLS 1.2 it binds every request to the session, asked or not; and its base64 ends each line.
        var bound = EstCalls.Request(
            _device.Key, _device.Id, Certificates.Der.Utf8(Convert.ToBase64String(connection.Unique()) + "\r\n"));
        var answer = await connection.AskAsync(GoPost(EstCalls.At(EstCalls.Enroll, label), bound, token));

        AssertCertificates(ClientDemands.AssertBase64(answer, EstCalls.CertsOnly, namesItself: true), 1);
        foreach (var (operation, mediaType) in new[] { ("cacerts", EstCalls.CertsOnly), ("csrattrs", "application/csrattrs") })
        {
            var got = await connection.AskAsync(
                $"GET {EstCalls.At(operation, label)} HTTP/1.1\r\nHost: localhost:8443\r\nUser-Agent: {Go}\r\n"
                + $"Accept: {mediaType.Split(';')[0]}\r\nAccept-Encoding: gzip\r\n\r\n");
            ClientDemands.AssertBase64(got, mediaType, namesItself: true);
        }
    }

    [Fact]
    public async Task The_Go_client_is_refused_in_plain_text()
    {
        await using var connection = await WireConnection.OpenAsync(house.Server);

        foreach (var request in new[]
        {
            GoPost(EstCalls.At(EstCalls.Enroll), _device.Request(), "wrong"),
            GoPost(EstCalls.At(EstCalls.Enroll, "nobody"), _device.Request(), await house.Server.CreateTokenAsync(new { group = EstHouse.Group })),
        })
        {
            ClientDemands.AssertReadable(await connection.AskAsync(request));
        }
    }

    public static TheoryData<string, string> Headers => new()
    {
        { "HTTP/1.0 without Host", "HTTP/1.0\r\n" },
        { "HTTP/1.0 that wants to go on", "HTTP/1.0\r\nConnection: keep-alive\r\nHost: localhost\r\n" },
        { "Host without port", "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" },
        { "Host that is an address", "HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" },
        { "Host of another name", "HTTP/1.1\r\nHost: est.example:443\r\nConnection: close\r\n" },
        { "everything acceptable", "HTTP/1.1\r\nHost: x\r\nAccept: image/png\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: close\r\n" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Small_clients_send_as_little_as_they_can(string kind, string head)
    {
        var token = await house.Server.CreateTokenAsync(new { group = EstHouse.Group });
        var body = Convert.ToBase64String(_device.Request());
        foreach (var request in (string[])
        [
            $"GET {EstCalls.At("cacerts")} {head}\r\n",
            $"POST {EstCalls.At(EstCalls.Enroll)} {head}Authorization: {EstCalls.Basic("", token)}\r\nContent-Length: {body.Length}\r\n\r\n{body}",
        ])
        {
            await using var connection = await WireConnection.OpenAsync(house.Server);
            var isKept = head.Contains("keep-alive", StringComparison.Ordinal);
            var answer = await connection.AskAsync(request, toEnd: !isKept);
            Assert.True(answer.Status == 200, $"{kind}: {answer.Body}");
            ClientDemands.AssertBase64(answer, EstCalls.CertsOnly, namesItself: false);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_too_long_for_one_line_is_broken_for_who_says_who_it_is(bool namesItself)
    {
        // Keys of 4096 bits, in the authorities and in the device, make the longest certificates that there are.
        var directory = Directory.CreateTempSubdirectory("provisioning-test-").FullName;
        await using (var server = await StartLargeAsync(directory))
        {
            using var key = RSA.Create(4096);
            var request = new CertificateRequest("CN=pump-1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
            using var line = server.Credential("factory-line");
            await using var connection = await WireConnection.OpenAsync(server, line);
            var enrolled = await connection.AskAsync(
                Post(EstCalls.At(EstCalls.Enroll), $"Host: x\r\n{AgentOf(namesItself)}", Convert.ToBase64String(request)));
            AssertCertificates(ClientDemands.AssertBase64(enrolled, EstCalls.CertsOnly, namesItself), 1);
            Assert.Equal(namesItself, enrolled.Body.Count(c => c == '\n') > 1);
        }

        // More than Kestrel has in one buffer.
        for (var generation = 2; generation <= 4; generation++) await EstAuthoritiesTests.RollAsync(directory, generation);
        await using (var server = await StartLargeAsync(directory))
        {
            await using var connection = await WireConnection.OpenAsync(server);
            var authorities = await connection.AskAsync($"GET {EstCalls.At("cacerts")} HTTP/1.1\r\nHost: x\r\n{AgentOf(namesItself)}\r\n");
            Assert.InRange(authorities.Body.Length, 5000, 16_000);
            AssertCertificates(ClientDemands.AssertBase64(authorities, EstCalls.CertsOnly, namesItself), 5);
            Assert.Equal(namesItself, authorities.Body.Count(c => c == '\n') > 1);
        }

        Directory.Delete(directory, recursive: true);
    }

    private static Task<TestServer> StartLargeAsync(string directory) =>
        TestServer.StartAsync(options => options.Authority.KeyAlgorithm = KeyAlgorithm.Rsa4096, directory: directory);

    private static string AgentOf(bool namesItself) => namesItself ? $"User-Agent: {Libest}\r\n" : "";

    [Fact]
    public async Task Every_refusal_can_be_read_too()
    {
        await using var connection = await WireConnection.OpenAsync(house.Server);
        foreach (var (request, status) in new[]
        {
            (Post(EstCalls.At(EstCalls.Enroll), "Host: x\r\n", "MAA="), 401),
            (Post(EstCalls.At(EstCalls.Reenroll), "Host: x\r\n", "MAA="), 403),
            (Post(EstCalls.At("csrattrs"), "Host: x\r\n", "MAA="), 405),
            ($"GET {EstCalls.At("cacerts", "nobody")} HTTP/1.1\r\nHost: x\r\n\r\n", 404),
            (Post(EstCalls.At("fullcmc"), "Host: x\r\n", "MAA="), 501),
        })
        {
            var answer = await connection.AskAsync(request);
            Assert.Equal(status, answer.Status);
            ClientDemands.AssertReadable(answer);
        }
    }

    private void Keep(byte[] message) => _device.Take(Assert.Single(EstCalls.Certificates(Convert.ToBase64String(message))), _device.Key);

    private static void AssertCertificates(byte[] message, int count) =>
        Assert.Equal(count, EstCalls.Certificates(Convert.ToBase64String(message)).Count);

    private static string Post(string path, string headers, string body) =>
        $"POST {path} HTTP/1.1\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}";

    // One line, no end of it, no header that says base64.
    private static string StrongSwan(string path, byte[] request, string? token)
    {
        var authorization = token is null ? "" : $"Authorization: {EstCalls.Basic("device", token)}\r\n";
        return Post(path, $"Host: localhost:8443\r\n{authorization}Content-Type: application/pkcs10\r\n", Convert.ToBase64String(request));
    }

    // Lines of 64, and behind the body a line that its length does not count. For a key it does not say that it is base64.
    private static string LibestPost(string path, byte[] request, string? token, bool saysBase64 = true)
    {
        var body = string.Concat(Convert.ToBase64String(request).Chunk(64).Select(line => new string(line) + "\n"));
        var encoding = saysBase64 ? "Content-Transfer-Encoding: base64\r\n" : "";
        var authorization = token is null ? "" : $"Authorization: {EstCalls.Basic("device", token)}\r\n";
        return $"POST {path} HTTP/1.1\r\nUser-Agent: {Libest}\r\nConnection: close\r\nHost: localhost:8443\r\nAccept: */*\r\n"
            + $"Content-Type: application/pkcs10\r\n{encoding}Content-Length: {body.Length}\r\n{authorization}\r\n{body}\r\n";
    }

    private static string GoPost(string path, byte[] request, string token)
    {
        var body = Lines(request, 76);
        return $"POST {path} HTTP/1.1\r\nHost: localhost:8443\r\nUser-Agent: {Go}\r\nTransfer-Encoding: chunked\r\n"
            + $"Accept: application/pkcs7-mime\r\nAuthorization: {EstCalls.Basic("device", token)}\r\n"
            + "Content-Transfer-Encoding: base64\r\nContent-Type: application/pkcs10\r\nAccept-Encoding: gzip\r\n\r\n"
            + $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n";
    }

    private static string Lines(byte[] octets, int length) =>
        string.Concat(Convert.ToBase64String(octets).Chunk(length).Select(line => new string(line) + "\r\n"));
}
