using System.Net;
using Provisioning.Cli;
using Provisioning.Cli.Api;

namespace Provisioning.Tests.Cli;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(400, "malformed", 3)]
    [InlineData(401, "no-credential", 4)]
    [InlineData(401, "certificate-expired", 4)]
    [InlineData(403, "not-allowed", 4)]
    [InlineData(403, "certificate-revoked", 4)]
    [InlineData(403, "device-suspended", 3)]
    [InlineData(403, "identity-mismatch", 3)]
    [InlineData(404, "not-found", 6)]
    [InlineData(409, "device-already-bound", 3)]
    [InlineData(409, "request-in-progress", 5)]
    [InlineData(422, "bad-csr", 3)]
    [InlineData(429, "too-many-requests", 5)]
    [InlineData(500, "internal", 1)]
    [InlineData(502, "http-502", 5)]
    [InlineData(503, "storage-unavailable", 5)]
    [InlineData(504, "http-504", 5)]
    public void Every_refusal_has_its_exit_code(int status, string code, int expected) =>
        Assert.Equal((ExitCode)expected, Failures.ExitCodeOf((HttpStatusCode)status, code));

    [Fact]
    public void A_problem_document_gives_its_code_its_sentence_and_the_field()
    {
        var body = """{"status":400,"code":"malformed","detail":"It is null.","pointer":"/csr"}""";
        var failure = Failures.Read(HttpStatusCode.BadRequest, System.Text.Encoding.UTF8.GetBytes(body));
        Assert.Equal(("malformed", "It is null. (field /csr)", 400), (failure.Code, failure.Message, failure.Status));
    }

    [Theory]
    [InlineData("<html>Bad Gateway</html>")]
    [InlineData("")]
    [InlineData("{}")]
    public void An_answer_that_is_no_problem_document_is_reported_by_its_status(string body)
    {
        var failure = Failures.Read(HttpStatusCode.BadGateway, System.Text.Encoding.UTF8.GetBytes(body));
        Assert.Equal(("http-502", ExitCode.Unavailable), (failure.Code, failure.ExitCode));
    }
}
