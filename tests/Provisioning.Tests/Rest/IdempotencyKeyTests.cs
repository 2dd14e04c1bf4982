using System.Net;

namespace Provisioning.Tests.Rest;

public sealed class IdempotencyKeyTests(SharedRestHost shared) : IClassFixture<SharedRestHost>
{
    private readonly RestHost _host = shared.Host;
    private readonly string _id = RestHost.NewId();
    private readonly int _reserved = shared.Host.Registry.Reserved;

    public static TheoryData<string> BadKeys =>
        [string.Empty, new string('k', 129), new string('k', 1024), "with space", "tab\there"];

    [Theory]
    [MemberData(nameof(BadKeys))]
    public async Task R_07_A_key_of_another_form_is_400(string key)
    {
        (await EnrollAsync(_id, RestHost.NewCsr(_id), key)).MustBeProblem(400, "bad-idempotency-key");
        Assert.Equal(_reserved, _host.Registry.Reserved);
    }

    [Theory]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: b\r\n")]
    [InlineData("Idempotency-Key: \u00E9\r\n")]
    public async Task R_07_Two_keys_or_one_beyond_ASCII_are_400(string lines)
    {
        var raw = await RawHttp.SendAsync(_host.Address, System.Text.Encoding.UTF8.GetBytes(
            $"POST /api/v1/enrollments HTTP/1.1\r\nHost: localhost\r\n{TestCallerHandler.Header}: {RestHost.Line}\r\n"
            + $"Connection: close\r\n{lines}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"));
        Assert.Contains("Provisioning-Error: bad-idempotency-key", raw, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("k")]
    [InlineData("8e03978e-40d5-43e8-bc93-6894a57f9324")]
    [InlineData("\"quoted~!#$%&'()*+,-./:;<=>?@[]^_`{|}\"")]
    public async Task R_07_The_same_key_with_the_same_body_gets_the_same_answer(string key)
    {
        var csr = RestHost.NewCsr(_id);
        var first = await EnrollAsync(_id, csr, key);
        var second = await EnrollAsync(_id, csr, key);
        Assert.Equal(HttpStatusCode.Created, second.Status);
        Assert.Equal(first.Header("Location"), second.Header("Location"));
    }

    [Fact]
    public async Task R_07_The_same_key_with_another_body_is_422()
    {
        await EnrollAsync(_id, RestHost.NewCsr(_id), new string('k', 128));
        (await EnrollAsync("e", RestHost.NewCsr("e"), new string('k', 128))).MustBeProblem(422, "idempotency-mismatch");
    }

    private Task<Answer> EnrollAsync(string deviceId, string csr, string key) => _host.SendAsync(
        HttpMethod.Post, "/api/v1/enrollments", RestHost.Line, RestHost.Json(new { deviceId, csr }),
        header: ("Idempotency-Key", key));
}
