using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>What a stranger or a broken client may send to the EST door, and the answer (rows E of the table of hostile inputs).</summary>
public sealed class HostileEstTests(EstHouse house) : IClassFixture<EstHouse>
{
    private readonly TestDevice _device = house.NewDevice();

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/pkcs7-mime")]
    [InlineData("application/pkcs10x")]
    [InlineData("multipart/mixed; boundary=x")]
    [InlineData("pkcs10")]
    [InlineData("application/pkcs10, text/plain")]
    public async Task E_01_another_media_type_is_415(string mediaType)
    {
        var body = Convert.ToBase64String(_device.Request());

        await EstRefusal.IsAsync(
            await house.Registrar.EstAsync(EstCalls.Enroll, body, mediaType: mediaType), HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Fact]
    public async Task E_01_two_media_types_and_a_content_encoding_are_415()
    {
        var body = Convert.ToBase64String(_device.Request());
        foreach (var header in (string[])["Content-Type: text/plain\r\nContent-Type: application/pkcs10", "Content-Encoding: gzip"])
        {
            await using var connection = await RawConnection.OpenTlsAsync(house.Server.Https, house.Server.Credential("factory-line"));
            await connection.SendAsync(
                $"POST {EstCalls.At(EstCalls.Enroll)} HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            Assert.Equal("HTTP/1.1 415 Unsupported Media Type", await connection.ReadStatusLineAsync());
        }
    }

    [Theory]
    [InlineData("application/pkcs10; charset=utf-8")]
    [InlineData("APPLICATION/PKCS10")]
    [InlineData(null)]
    public async Task E_01_the_media_type_is_compared_as_HTTP_says_and_may_be_missing(string? mediaType) => Assert.Equal(
        _device.Id,
        await NameAsync(await house.Registrar.EstAsync(EstCalls.Enroll, Convert.ToBase64String(_device.Request()), mediaType: mediaType)));

    public static TheoryData<string, string> Spaced => new()
    {
        { "CRLF at 64", string.Join("\r\n", Lines(64)) + "\r\n" },
        { "LF at 76", string.Join("\n", Lines(76)) },
        { "a space in each place", string.Join(' ', Lines(1)) },
        { "tabs and empty lines", "\r\n\r\n\t" + string.Join("\n\n\t", Lines(60)) + " \r\n\r\n" },
        { "CR alone", string.Join('\r', Lines(64)) },
    };

    [Theory]
    [MemberData(nameof(Spaced))]
    public async Task E_02_white_space_in_the_base64_is_passed_over(string kind, string pattern)
    {
        // The pattern is one of positions: the request of this device is put into it.
        var text = Convert.ToBase64String(_device.Request());
        var next = 0;
        var body = string.Concat(pattern.Select(c => char.IsWhiteSpace(c) ? c.ToString() : next < text.Length ? text[next++].ToString() : "")) + text[next..];

        Assert.True(_device.Id == await NameAsync(await house.Registrar.EstAsync(EstCalls.Enroll, body)), kind);
    }

    [Theory]
    [InlineData("base64")]
    [InlineData("binary")]
    [InlineData("quoted-printable")]
    public async Task E_02_Content_Transfer_Encoding_says_nothing(string encoding)
    {
        using var content = new StringContent(Convert.ToBase64String(_device.Request()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/pkcs10");
        content.Headers.Add("Content-Transfer-Encoding", encoding);

        Assert.Equal(_device.Id, await NameAsync(await house.Registrar.PostAsync(EstCalls.At(EstCalls.Enroll), content)));
    }

    public static TheoryData<string, Func<byte[], string>> NotBase64 => new()
    {
        { "the DER itself", der => System.Text.Encoding.Latin1.GetString(der) },
        { "PEM", der => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE REQUEST", der) },
        { "nothing", _ => "" },
        { "white space", _ => " \r\n\t\r\n" },
        { "a character that is none", der => "%" + Convert.ToBase64String(der)[1..] },
        { "the alphabet of URLs", _ => "MII-_w==" },
        { "no padding", _ => "MIIBAA" },
        { "padding in the middle", der => "MA==" + Convert.ToBase64String(der) },
        { "too much padding", _ => "MAAA====" },
        { "bits behind the end", _ => "MAB=" },
        { "NUL", der => Convert.ToBase64String(der) + "\0" },
        { "another alphabet", _ => "МII=" },
        { "JSON", _ => "{\"csr\":1}" },
        { "zeros", _ => new string('0', 16) },
        { "a form feed", der => Convert.ToBase64String(der) + "\f" },
    };

    [Theory]
    [MemberData(nameof(NotBase64))]
    public async Task E_02_what_is_not_base64_of_DER_is_400(string kind, Func<byte[], string> body)
    {
        var text = await EstRefusal.IsAsync(
            await house.Registrar.EstAsync(EstCalls.Enroll, body(_device.Request())), HttpStatusCode.BadRequest, "malformed");

        Assert.True(kind != "the DER itself" || text.Contains("seems to be the DER itself", StringComparison.Ordinal), text);
    }

    [Theory]
    [InlineData(EstHouse.Group)]
    [InlineData(null)]
    public async Task E_03_a_stranger_is_asked_for_a_password(string? group) => await EstRefusal.IsAsync(
        await house.Server.Anonymous().EstAsync(EstCalls.Enroll, _device.Request(), group), HttpStatusCode.Unauthorized, "no-credential");

    [Theory]
    [InlineData(EstHouse.Group)]
    [InlineData(null)]
    public async Task E_03_a_stranger_is_asked_for_none_where_it_cannot_help(string? group)
    {
        await EstRefusal.IsAsync(
            await house.Server.Anonymous().EstAsync(EstCalls.Reenroll, _device.Request(), group), HttpStatusCode.Forbidden, "no-credential");
        using var client = await house.WithTokenAsync();
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Reenroll, _device.Request(), group), HttpStatusCode.Forbidden, "no-credential");
    }

    [Fact]
    public async Task E_04_six_wrong_passwords_have_one_answer_and_the_right_one_is_taken_after_them()
    {
        var token = await house.Server.CreateTokenAsync(new { group = EstHouse.Group });
        var known = token[..^1] + (token[^1] == '0' ? '1' : '0');
        var texts = new HashSet<string>();
        foreach (var password in (string[])[known, "", "x", token.ToLowerInvariant(), token + "A", Core.Credentials.TokenText.NewRandom().Value])
        {
            using var guess = house.Server.WithPassword(password);
            texts.Add(await EstRefusal.IsAsync(
                await guess.EstAsync(EstCalls.Enroll, _device.Request()), HttpStatusCode.Unauthorized, "bad-token"));
        }

        Assert.Single(texts);
        using var client = house.Server.WithPassword(token);
        Assert.Equal(_device.Id, await NameAsync(await client.EstAsync(EstCalls.Enroll, _device.Request())));
    }

    public static TheoryData<string, string> BadHeaders => new()
    {
        { "no credentials", "Basic" },
        { "no base64", "Basic %%%%" },
        { "no colon", "Basic " + Base64("abc") },
        { "a colon in the user's name", "Basic " + Base64("a:b:PVT1.x.y") },
        { "10 KB", "Basic " + Base64("a:" + new string('x', 10_000)) },
        { "not UTF-8", "Basic " + Convert.ToBase64String([0x61, 0x3A, 0xFF, 0xFE, 0xC3]) },
        { "NUL", "Basic " + Base64("a:\0\0") },
        { "two", "Basic YTpi\r\nAuthorization: Basic YTpi" },
        { "an unknown scheme beside it", "Negotiate x\r\nAuthorization: Basic YTpi" },
        { "in lower case", "basic YTpi" },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task E_04_a_malformed_password_is_401(string kind, string header)
    {
        var body = Convert.ToBase64String(_device.Request());
        await using var connection = await RawConnection.OpenTlsAsync(house.Server.Https);
        await connection.SendAsync(
            $"POST {EstCalls.At(EstCalls.Enroll)} HTTP/1.1\r\nHost: x\r\nAuthorization: {header}\r\nConnection: close\r\n"
            + $"Content-Type: application/pkcs10\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        var answer = await connection.ReadToEndAsync(TimeSpan.FromMinutes(1));
        Assert.True(answer.StartsWith("HTTP/1.1 401 Unauthorized\r\n", StringComparison.Ordinal), $"{kind}: {answer}");
        Assert.Contains("\r\n\r\nbad-token: ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task E_17_another_method_is_405()
    {
        foreach (var client in new[] { house.Server.Anonymous(), house.Registrar })
        {
            foreach (var (method, operation, allowed) in new[]
            {
                ("GET", EstCalls.Enroll, "POST"), ("PUT", EstCalls.Reenroll, "POST"), ("POST", "csrattrs", "GET"), ("DELETE", "cacerts", "GET"),
            })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), EstCalls.At(operation, EstHouse.Group));
                var answer = await client.SendAsync(request);
                Assert.Equal(allowed, Assert.Single(answer.Content.Headers.Allow));
                await EstRefusal.IsAsync(answer, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
            }
        }
    }

    [Fact]
    public async Task E_11_the_label_of_no_group_is_404_everywhere()
    {
        foreach (var operation in (string[])["cacerts", "csrattrs"])
        {
            await EstRefusal.IsAsync(
                await house.Server.Anonymous().GetAsync(EstCalls.At(operation, "nobody")), HttpStatusCode.NotFound, "unknown-group");
        }

        await EstRefusal.IsAsync(await house.Registrar.EstAsync(EstCalls.Enroll, _device.Request(), "nobody"), HttpStatusCode.NotFound, "unknown-group");
        foreach (var label in (string[])["PUMPS", "..%2f..", "a%00b", new string('a', 500), "%F0%9F%98%80", "pumps%2F"])
        {
            using var answer = await house.Registrar.EstAsync(EstCalls.Enroll, _device.Request(), label);
            Assert.True(answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{label}: {(int)answer.StatusCode}");
            Assert.DoesNotContain(label, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task E_11_what_EST_does_not_have_is_404()
    {
        foreach (var client in new[] { house.Server.Anonymous(), house.Registrar, house.Server.Administrator() })
        {
            foreach (var path in (string[])["", "/", "/cacert", "/pumps/x/cacerts", "/pumps/cacerts/x", "/pumps"])
                await EstRefusal.IsAsync(await client.GetAsync("/.well-known/est" + path), HttpStatusCode.NotFound, "not-found");
        }
    }

    [Fact]
    public async Task Full_CMC_is_501()
    {
        foreach (var group in (string?[])[null, EstHouse.Group])
        {
            await EstRefusal.IsAsync(
                await house.Server.Anonymous().EstAsync("fullcmc", "MAA=", group, "application/pkcs7-mime"), HttpStatusCode.NotImplemented, "not-implemented");
        }
    }

    [Fact]
    public async Task E_18_two_requests_at_once_and_a_message_of_certificates_are_400()
    {
        var der = _device.Request();
        await EstRefusal.IsAsync(await house.Registrar.EstAsync(EstCalls.Enroll, [.. der, .. der]), HttpStatusCode.BadRequest, "malformed");
        await EstRefusal.IsAsync(
            await house.Registrar.EstAsync(EstCalls.Enroll, Convert.ToBase64String(der) + "\n" + Convert.ToBase64String(der)),
            HttpStatusCode.BadRequest, "malformed");
        var certificates = Convert.FromBase64String(await house.Server.Anonymous().GetStringAsync(EstCalls.At("cacerts")));
        await EstRefusal.IsAsync(await house.Registrar.EstAsync(EstCalls.Enroll, certificates), HttpStatusCode.BadRequest, "bad-csr");
    }

    [Fact]
    public async Task E_20_a_request_for_a_new_key_that_the_old_one_has_signed_is_400()
    {
        await _device.EstEnrollAsync(house.Registrar);
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forged = new CsrBuilder { Key = _device.Key, KeyInfo = next.ExportSubjectPublicKeyInfo(), Subject = Der.Name(Der.Utf8(_device.Id)) }.Build();

        await EstRefusal.IsAsync(await _device.Client().EstAsync(EstCalls.Reenroll, forged), HttpStatusCode.BadRequest, "pop-invalid");
    }

    [Fact]
    public async Task C_12_a_body_that_is_too_long_is_413_and_ends_the_connection()
    {
        foreach (var body in (string[])
            ["Content-Length: 16385\r\n\r\n", "Content-Length: 30000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n" + Chunks(17)])
        {
            await using var connection = await RawConnection.OpenTlsAsync(house.Server.Https, house.Server.Credential("factory-line"));
            await connection.SendAsync($"POST {EstCalls.At(EstCalls.Enroll)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n{body}");
            var answer = await connection.ReadToEndAsync(TimeSpan.FromMinutes(1));
            Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("\r\n\r\ntoo-large: ", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_refusal_is_one_line_in_the_log_and_names_no_secret()
    {
        var token = await house.Server.CreateTokenAsync(new { group = EstHouse.Group, deviceId = "other" });
        using var client = house.Server.WithPassword(token);
        var before = Refusals();

        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, "%%%%"), HttpStatusCode.BadRequest, "malformed");
        await EstRefusal.IsAsync(await client.EstAsync(EstCalls.Enroll, _device.Request()), HttpStatusCode.BadRequest, "identity-mismatch");
        using (var wrong = house.Server.WithPassword(token + "A"))
            await EstRefusal.IsAsync(await wrong.EstAsync(EstCalls.Enroll, _device.Request()), HttpStatusCode.Unauthorized, "bad-token");

        Assert.Equal(before + 3, Refusals());
        Assert.DoesNotContain(house.Server.Log.All, line => line.Contains(token.Split('.')[2], StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await house.Server.Administrator().GetAsync("/api/v1/devices/" + _device.Id)).StatusCode);
        int Refusals() => house.Server.Log.All.Count(line => line.Contains("Refused ", StringComparison.Ordinal));
    }

    private static async Task<string> NameAsync(HttpResponseMessage answer)
    {
        using var certificate = await EstCalls.CertificateAsync(answer);
        return certificate.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, false);
    }

    private static IEnumerable<string> Lines(int length) => new string('x', 400).Chunk(length).Select(line => new string(line));

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Chunks(int count) =>
        string.Concat(Enumerable.Range(0, count).Select(_ => "400\r\n" + new string('a', 0x400) + "\r\n"));
}
