using System.Net;

namespace Provisioning.Tests.Rest;

/// <summary>Media types, encodings and sizes of bodies.</summary>
public sealed class BodyTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private const string Enrollments = "/api/v1/enrollments";

    private readonly RestHost _host = shared.Host;
    private readonly string _id = RestHost.NewId();
    private readonly int _reserved = shared.Host.Registry.Reserved;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json; charset=utf-8; charset=utf-16")]
    [InlineData("application/json; version=1")]
    [InlineData("application/json, application/json")]
    [InlineData("application/json, text/plain")]
    [InlineData("application/json;;;")]
    [InlineData("application/pkcs10; charset=utf-8")]
    [InlineData("application/")]
    [InlineData("*/*")]
    public async Task H_25_A_body_of_another_media_type_is_415(string? contentType)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"deviceId":"{{_id}}","csr":"{{Convert.ToBase64String(RestHost.NewCsrDer(_id))}}"}""");
        var answer = await _host.PostAsync(Enrollments, RestHost.Bytes(body, contentType), RestHost.Line);
        answer.MustBeProblem(415, "unsupported-media-type");
        Assert.Equal(_reserved, _host.Registry.Reserved);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("Application/JSON;charset=utf-8")]
    public async Task The_spellings_of_json_that_clients_send_are_read(string contentType)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"deviceId":"{{_id}}","csr":"{{Convert.ToBase64String(RestHost.NewCsrDer(_id))}}"}""");
        var answer = await _host.PostAsync(Enrollments, RestHost.Bytes(body, contentType), RestHost.Line);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
    }

    public static TheoryData<string, string, string, string, string> MeantFields => new()
    {
        { "a/b", "a", "1", "bad-device-id", "/deviceId" },
        { "ok", "a b", "1", "bad-attributes", "/attributes/a b" },
        { "ok", "a/b", "1", "bad-attributes", "/attributes/a~1b" },
        { "ok", "line", "\u0007", "bad-attributes", "/attributes/line" },
        { "other", "line", "1", "identity-mismatch", "/csr" },
    };

    [Theory]
    [MemberData(nameof(MeantFields))]
    public async Task A_refusal_of_the_core_points_at_the_field_that_is_meant(
        string deviceId, string attribute, string value, string code, string field)
    {
        var body = new
        {
            deviceId,
            csr = RestHost.NewCsr("somebody"),
            attributes = new Dictionary<string, string> { [attribute] = value },
        };
        var answer = await _host.PostAsync(Enrollments, RestHost.Json(body), RestHost.Line);
        Assert.Equal((code, field), (answer.Code, answer.Pointer));
    }

    [Fact]
    public async Task A_refusal_of_a_renewal_points_at_its_request_and_without_a_JSON_body_at_nothing()
    {
        var serial = await _host.EnrollAsync(_id);
        var caller = $"device:{_id}:{serial}";
        var json = await _host.PostAsync("/api/v1/renewals", RestHost.Json(new { csr = RestHost.NewCsr("other") }), caller);
        json.MustBeProblem(403, "identity-mismatch", "/csr");
        var der = await _host.PostAsync(
            "/api/v1/renewals", RestHost.Bytes(RestHost.NewCsrDer("other"), "application/pkcs10"), caller);
        der.MustBeProblem(403, "identity-mismatch");
        Assert.Null(der.Pointer);
        var used = RestHost.Json(new { deviceId = _id, csr = RestHost.NewCsr(_id) });
        var bound = await _host.PostAsync(Enrollments, used, RestHost.Line);
        bound.MustBeProblem(409, "device-already-bound");
        Assert.Null(bound.Pointer);
    }

    [Fact]
    public async Task H_25_Two_content_type_lines_are_415()
    {
        var answer = await RawAsync(
            "Content-Type: application/json\r\nContent-Type: application/pkcs10\r\nContent-Length: 2\r\n\r\n{}");
        Assert.StartsWith("HTTP/1.1 415 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("identity")]
    [InlineData("br, gzip")]
    public async Task H_11_A_content_encoding_is_415_and_nothing_is_decompressed(string encoding)
    {
        var content = RestHost.Json(new { deviceId = _id, csr = RestHost.NewCsr(_id) });
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        (await _host.PostAsync(Enrollments, content, RestHost.Line)).MustBeProblem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task R_12_An_answer_that_cannot_be_given_is_406_before_anything_is_signed()
    {
        foreach (var accept in new[] { "image/png", "application/json;q=0", "application/xml, text/*", "nonsense" })
        {
            var content = RestHost.Json(new { deviceId = _id, csr = RestHost.NewCsr(_id) });
            (await _host.PostAsync(Enrollments, content, RestHost.Line, accept)).MustBeProblem(406, "not-acceptable");
        }

        Assert.Equal(_reserved, _host.Registry.Reserved);
    }

    [Theory]
    [InlineData("*/*", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("application/pkix-cert, */*;q=0.1", "application/pkix-cert")]
    [InlineData("application/json;q=0.5, application/pkix-cert;q=0.9", "application/pkix-cert")]
    [InlineData("APPLICATION/PKIX-CERT", "application/pkix-cert")]
    [InlineData("application/json; charset=utf-8", "application/json")]
    [InlineData("*/*, application/json;q=0, application/pkix-cert;q=0", "application/pem-certificate-chain")]
    public async Task R_12_The_accepted_form_is_given(string accept, string expected)
    {
        var answer = await _host.GetAsync("/api/v1/authorities/root", null, accept);
        Assert.Equal(expected, answer.Header("Content-Type"));
    }

    [Fact]
    public async Task R_12_A_hundred_languages_and_encodings_change_nothing()
    {
        var many = string.Join(", ", Enumerable.Range(0, 100).Select(i => $"x{i};q=0.{i % 10}"));
        foreach (var header in new[] { "Accept-Language", "Accept-Encoding" })
        {
            var answer = await _host.SendAsync(HttpMethod.Get, "/api/v1/authorities", header: (header, many));
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Null(answer.Header("Content-Encoding"));
        }
    }

    [Theory]
    [InlineData(16 * 1024, 400)]
    [InlineData((16 * 1024) + 1, 413)]
    [InlineData(30_000_000, 413)]
    public async Task C_12_A_body_above_16_KiB_is_413_and_the_connection_closed(int length, int status)
    {
        var head = $"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n";
        var answer = await RawAsync(head, new byte[length], toTheEnd: status == 413);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        if (status == 413) Assert.Contains("\r\nProvisioning-Error: too-large\r\n", answer, StringComparison.Ordinal);
        if (status == 413) Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C_12_A_body_in_chunks_without_end_is_413_and_the_connection_closed()
    {
        var head = Head + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        var limit = TimeSpan.FromSeconds(10);
        var time = await Measured.LeastWaitAsync(3, limit, async () =>
        {
            var (answer, sent) = await RawHttp.SendEndlessAsync(_host.Address, head, TimeSpan.FromMinutes(1));
            Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
            Assert.Contains("too-large", answer, StringComparison.Ordinal);
            Assert.InRange(sent, 16 * 1024, 16 * 1024 * 1024);
        });
        Assert.InRange(time, TimeSpan.Zero, limit);
    }

    [Fact]
    public async Task A_body_in_chunks_is_read()
    {
        var body = $$"""{"deviceId":"{{_id}}","csr":"{{Convert.ToBase64String(RestHost.NewCsrDer(_id))}}"}""";
        var chunks = string.Concat(
            body.Chunk(50).Select(chunk => $"{chunk.Length:X}\r\n{new string(chunk)}\r\n")) + "0\r\n\r\n";
        var answer = await RawAsync(
            "Connection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", Enrollments)]
    [InlineData("application/pkcs10", Enrollments + "?deviceId=d")]
    public async Task C_09_An_empty_body_is_400(string contentType, string path) =>
        (await _host.PostAsync(path, RestHost.Bytes([], contentType), RestHost.Line)).MustBeProblem(400, "malformed");

    [Theory]
    [InlineData("30")]
    [InlineData("68656C6C6F")]
    [InlineData("FFFFFFFFFFFFFFFF")]
    public async Task C_09_A_body_that_is_no_request_is_400(string hex)
    {
        var content = RestHost.Bytes(Convert.FromHexString(hex), "application/pkcs10");
        (await _host.PostAsync(Enrollments + "?deviceId=d", content, RestHost.Line)).MustBeProblem(400, "malformed");
    }

    [Fact]
    public async Task H_24_Another_method_is_405_and_says_which_ones_there_are()
    {
        var answer = await _host.SendAsync(HttpMethod.Put, Enrollments, RestHost.Admin, RestHost.Json(new { }));
        answer.MustBeProblem(405, "method-not-allowed");
        Assert.Equal("POST", answer.Header("Allow"));
    }

    [Fact]
    public async Task The_next_request_on_the_connection_works_after_a_refusal()
    {
        for (var i = 0; i < 3; i++)
        {
            (await _host.PostAsync(Enrollments, RestHost.Text("{"), RestHost.Line)).MustBeProblem(400, "malformed");
            await _host.EnrollAsync(RestHost.NewId());
        }
    }

    private static string Head =>
        $"POST {Enrollments} HTTP/1.1\r\nHost: localhost\r\n{TestCallerHandler.Header}: {RestHost.Line}\r\n";

    private Task<string> RawAsync(string rest, byte[]? body = null, bool toTheEnd = false) =>
        RawHttp.ExchangeAsync(_host.Address, [.. System.Text.Encoding.ASCII.GetBytes(Head + rest), .. body ?? []], toTheEnd);
}
