using System.Net;
using Provisioning.Rest.Wire;

namespace Provisioning.Tests.Rest;

public sealed class StrictJsonTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private readonly RestHost _host = shared.Host;
    private readonly int _reserved = shared.Host.Registry.Reserved;

    public static TheoryData<string, string> NotJson => new()
    {
        { "nested 100 deep", """{"deviceId":"d","csr":"c","attributes":""" + new string(
            '[', 100) + new string(']', 100) + "}" },
        { "nested 100 deep in an unknown field", $$"""{"x":{{new string('[', 100)}}{{new string(']', 100)}}}""" },
        { "NaN", """{"deviceId":NaN,"csr":"c"}""" },
        { "Infinity", """{"deviceId":-Infinity,"csr":"c"}""" },
        { "1e999", """{"deviceId":1e999,"csr":"c"}""" },
        { "a lone surrogate in a value", """{"deviceId":"\ud800","csr":"c"}""" },
        { "a lone surrogate in an attribute", """{"deviceId":"d","csr":"c","attributes":{"a":"\udc00"}}""" },
        { "a lone surrogate in a name", """{"\ud800":"d","csr":"c"}""" },
        { "a lone surrogate in an attribute's name", """{"deviceId":"d","csr":"c","attributes":{"\ud800":"x"}}""" },
        { "a trailing comma", """{"deviceId":"d","csr":"c",}""" },
        { "a comment", """{"deviceId":"d",/* hello */"csr":"c"}""" },
        { "single quotes", """{'deviceId':'d','csr':'c'}""" },
        { "two values", """{"deviceId":"d","csr":"c"}{}""" },
        { "cut off", """{"deviceId":"d","csr":"c" """ },
        { "an array", """["deviceId"]""" },
        { "a text", "\"hello\"" },
        { "null", "null" },
        { "blanks", "   " },
        { "a control character in a text", "{\"deviceId\":\"a\u0001b\",\"csr\":\"c\"}" },
        { "a thousand keys", "{" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"k{i}\":1")) + "}" },
    };

    [Theory]
    [MemberData(nameof(NotJson))]
    public async Task R_01_Json_that_is_not_strict_is_malformed(string what, string body)
    {
        Assert.NotEmpty(what);
        var answer = await _host.PostAsync("/api/v1/enrollments", RestHost.Text(body), RestHost.Line);
        answer.MustBeProblem(400, "malformed");
    }

    [Fact]
    public async Task R_01_A_byte_order_mark_UTF_16_and_broken_UTF_8_are_malformed()
    {
        const string Good = """{"deviceId":"d","csr":"c"}""";
        byte[][] bodies =
        [
            [0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(Good)],
            System.Text.Encoding.Unicode.GetBytes(Good),
            [0xFF, 0xFE, .. System.Text.Encoding.Unicode.GetBytes(Good)],
            System.Text.Encoding.Latin1.GetBytes("""{"deviceId":"dé","csr":"c"}"""),
        ];
        foreach (var body in bodies)
        {
            var answer = await _host.PostAsync(
                "/api/v1/enrollments", RestHost.Bytes(body, "application/json"), RestHost.Line);
            answer.MustBeProblem(400, "malformed");
        }
    }

    [Theory]
    [InlineData("""{"csr":"c"}""", "/deviceId")]
    [InlineData("""{"deviceId":"d"}""", "/csr")]
    [InlineData("""{}""", "/deviceId")]
    [InlineData("""{"deviceId":"d","csr":"c","mood":"x"}""", "/mood")]
    [InlineData("""{"DeviceId":"d","csr":"c"}""", "/DeviceId")]
    [InlineData("""{"deviceId":"d","csr":"c","a/b~c":1}""", "/a~1b~0c")]
    [InlineData("""{"deviceId":"d","csr":"c","a.b":1}""", "/a.b")]
    [InlineData("""{"deviceId":null,"csr":"c"}""", "/deviceId")]
    [InlineData("""{"deviceId":7,"csr":"c"}""", "/deviceId")]
    [InlineData("""{"deviceId":"d","csr":["c"]}""", "/csr")]
    [InlineData("""{"deviceId":"d","csr":true}""", "/csr")]
    [InlineData("""{"deviceId":"d","csr":"c","attributes":[]}""", "/attributes")]
    [InlineData("""{"deviceId":"d","csr":"c","attributes":{"line":4}}""", "/attributes/line")]
    [InlineData("""{"deviceId":"d","csr":"c","attributes":{"line":null}}""", "/attributes/line")]
    [InlineData("""{"deviceId":"d","csr":"c","attributes":{"x.y":{}}}""", "/attributes/x.y")]
    [InlineData("""{"deviceId":"d","deviceId":"e","csr":"c"}""", "/deviceId")]
    [InlineData("""{"deviceId":"d","csr":"c","attributes":{"a":"1","a":"2"}}""", "/attributes/a")]
    [InlineData("""{"deviceId":"d","csr":"not base64!"}""", "/csr")]
    [InlineData("""{"deviceId":"d","csr":""}""", "/csr")]
    public async Task R_02_Unknown_missing_repeated_null_and_wrong_fields_are_pointed_at(string body, string field)
    {
        var answer = await _host.PostAsync("/api/v1/enrollments", RestHost.Text(body), RestHost.Line);
        answer.MustBeProblem(400, "malformed", field);
    }

    [Fact]
    public async Task R_02_A_pointer_to_a_giant_name_is_cut()
    {
        var body = $$"""{"{{new string('x', 10_000)}}":1}""";
        var answer = await _host.PostAsync("/api/v1/enrollments", RestHost.Text(body), RestHost.Line);
        answer.MustBeProblem(400, "malformed");
        Assert.InRange(answer.Pointer!.Length, 1, 128);
    }

    [Fact]
    public async Task R_02_The_other_bodies_are_read_as_strictly()
    {
        var serial = await _host.EnrollAsync("strict-1");
        var renewal = await _host.PostAsync(
            "/api/v1/renewals", RestHost.Text("""{"csr":"x","deviceId":"y"}"""), $"device:strict-1:{serial}");
        renewal.MustBeProblem(400, "malformed", "/deviceId");
        var path = $"/api/v1/certificates/{serial}/revocation";
        (await _host.PostAsync(path, RestHost.Text("""{"reason":null}"""))).MustBeProblem(400, "malformed", "/reason");
        (await _host.PostAsync(path, RestHost.Text("""{"reason":"superseded","at":"2999-01-01T00:00:00Z"}""")))
            .MustBeProblem(400, "malformed", "/at");
        (await _host.PostAsync(path, RestHost.Text("{}"))).MustBeProblem(400, "malformed", "/reason");
    }

    [Theory]
    [InlineData("$", "")]
    [InlineData(null, "")]
    [InlineData("$.a", "/a")]
    [InlineData("$.a[3].b", "/a/3/b")]
    [InlineData("$['x.y'].z", "/x.y/z")]
    [InlineData("$['x'y']", "/x'y")]
    [InlineData("$['", "/")]
    [InlineData("$[", "/")]
    public void A_path_of_the_runtime_becomes_a_pointer(string? path, string expected) =>
        Assert.Equal(expected, StrictJson.ToPointer(path));

    [Fact]
    public async Task Nothing_was_reserved_by_a_body_that_was_refused()
    {
        foreach (var row in NotJson)
            await _host.PostAsync("/api/v1/enrollments", RestHost.Text(row.Data.Item2), RestHost.Line);
        Assert.Equal(_reserved, _host.Registry.Reserved);
        var after = await _host.PostAsync(
            "/api/v1/enrollments", RestHost.Json(new { deviceId = "p", csr = RestHost.NewCsr("p") }), RestHost.Line);
        Assert.Equal(HttpStatusCode.Created, after.Status);
    }
}
