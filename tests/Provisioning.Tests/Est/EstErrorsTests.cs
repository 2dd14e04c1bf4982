using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Est;
using Provisioning.Rest;

namespace Provisioning.Tests.Est;

public sealed class EstErrorsTests
{
    // What EST has another status for than the REST API: RFC 7030 knows neither 409 nor 422, a client with 401 asks for a password, and
    // whatever a request or a label can mend is 400 or 404.
    private static readonly Dictionary<RefusalCode, (int Status, bool TakesToken)> Kept = new()
    {
        [RefusalCode.ApprovalPending] = (202, false),
        [RefusalCode.NoCredential] = (401, true),
        [RefusalCode.BadToken] = (401, true),
        [RefusalCode.TokenExpired] = (401, true),
        [RefusalCode.TokenExhausted] = (401, true),
        [RefusalCode.SecondCredentialRequired] = (401, true),
        [RefusalCode.NotFound] = (404, false),
        [RefusalCode.UnknownGroup] = (404, false),
        [RefusalCode.TooLarge] = (413, false),
        [RefusalCode.Malformed] = (400, false),
        [RefusalCode.BadCsr] = (400, false),
        [RefusalCode.ChannelBinding] = (400, false),
        [RefusalCode.IdentityMismatch] = (400, false),
        [RefusalCode.CertificateRevoked] = (403, false),
        [RefusalCode.UnknownCertificate] = (403, false),
    };

    public static TheoryData<RefusalCode> EveryCode => [.. Enum.GetValues<RefusalCode>()];

    [Theory]
    [MemberData(nameof(EveryCode))]
    public async Task Every_refusal_has_a_status_and_the_code_of_the_REST_API(RefusalCode code)
    {
        foreach (var takesToken in (bool[])[false, true])
        {
            var status = EstErrors.StatusOf(code, takesToken);
            Assert.Contains(status, code == RefusalCode.ApprovalPending ? [202] : (int[])[400, 401, 403, 404, 409, 413, 429, 503]);
            Assert.Equal(status == 401, takesToken && EstErrors.StatusOf(code, false) != status);

            // Where both doors speak of time or size, they speak alike.
            var rest = RestErrors.KindOf(code);
            if (rest.Status is 202 or 413 or 429 or 503) Assert.Equal(rest.Status, status);

            // A client of REST knows by the code that a conflict passes; one of EST goes by the status.
            var passes = code is RefusalCode.RequestInProgress or RefusalCode.PolicyChanged || rest.Status is 429 or 503;
            Assert.Equal(passes, status is 429 or 503);

            var (context, text) = await WriteAsync(new Refusal(code, "Do this."), takesToken);
            Assert.Equal(status, context.Response.StatusCode);
            Assert.Equal($"{rest.Code}: Do this.\n", text);
            Assert.Equal(rest.Code, context.Response.Headers["Provisioning-Error"]);
            Assert.Equal(status == 401, context.Response.Headers.WWWAuthenticate.Count == 1);
        }
    }

    [Fact]
    public void The_statuses_that_clients_act_on_are_the_ones_they_know()
    {
        foreach (var (code, (status, takesToken)) in Kept) Assert.Equal((code, status), (code, EstErrors.StatusOf(code, takesToken)));
    }

    [Theory]
    [InlineData("registrar", true, 401)]
    [InlineData("registrar", false, 403)]
    [InlineData("token", true, 403)]
    [InlineData("token", false, 403)]
    public async Task Who_has_a_good_token_and_lacks_a_certificate_is_not_asked_for_a_password(string shown, bool takesToken, int status)
    {
        Caller caller = shown == "token" ? new Caller.Token(AnyToken) : new Caller.Registrar("line");

        var (context, _) = await WriteAsync(new Refusal(RefusalCode.SecondCredentialRequired, "x"), takesToken, caller);

        Assert.Equal(status, context.Response.StatusCode);
        Assert.Equal(status == 401, context.Response.Headers.WWWAuthenticate.Count == 1);
    }

    [Theory]
    [InlineData(RefusalCode.BadToken)]
    [InlineData(RefusalCode.TokenExpired)]
    [InlineData(RefusalCode.TokenExhausted)]
    public async Task Who_needs_another_token_is_asked_for_one_also_beside_a_token_that_was_found(RefusalCode code)
    {
        foreach (var caller in new Caller[] { new Caller.Token(AnyToken), new Caller.Registrar("line") { SecondFactor = AnyToken } })
        {
            var (context, _) = await WriteAsync(new Refusal(code, "x"), takesToken: true, caller);
            Assert.Equal(401, context.Response.StatusCode);
        }
    }

    [Theory]
    [InlineData(RefusalCode.Overloaded, null, "5")]
    [InlineData(RefusalCode.Overloaded, 2.5, "3")]
    [InlineData(RefusalCode.DailyLimit, 3600.0, "3600")]
    [InlineData(RefusalCode.Overloaded, 0.1, "1")]
    [InlineData(RefusalCode.LintFailed, null, null)]
    [InlineData(RefusalCode.BadCsr, null, null)]
    public async Task What_passes_says_when_to_come_back_in_whole_seconds(RefusalCode code, double? after, string? header)
    {
        var refusal = new Refusal(code, "x") { RetryAfter = after is { } seconds ? TimeSpan.FromSeconds(seconds) : null };

        var (context, _) = await WriteAsync(refusal, takesToken: false);

        Assert.Equal(header, (string?)context.Response.Headers.RetryAfter);
    }

    [Theory]
    [InlineData(RefusalCode.ApprovalPending)]
    [InlineData(RefusalCode.StorageUnavailable)]
    [InlineData(RefusalCode.TooManyPending)]
    public async Task Those_who_were_refused_together_do_not_come_back_together(RefusalCode code)
    {
        var seen = new HashSet<int>();
        for (var i = 0; i < 50; i++)
        {
            var (context, _) = await WriteAsync(
                new Refusal(code, "x") { RetryAfter = TimeSpan.FromSeconds(30) }, takesToken: true);
            seen.Add(int.Parse(context.Response.Headers.RetryAfter!, null));
        }

        Assert.True(seen.Count > 5);
        Assert.All(seen, seconds => Assert.InRange(seconds, 30, 60));
    }

    [Fact]
    public async Task A_sentence_of_several_lines_is_one()
    {
        var (_, text) = await WriteAsync(new Refusal(RefusalCode.ApprovalDenied, "Not ordered.\r\nAsk\nJane."), takesToken: false);

        Assert.Equal("approval-denied: Not ordered. Ask Jane.\n", text);
    }

    [Theory]
    [InlineData(404, "not-found")]
    [InlineData(405, "method-not-allowed")]
    [InlineData(408, "request-timeout")]
    [InlineData(413, "too-large")]
    [InlineData(415, "unsupported-media-type")]
    [InlineData(429, "too-many-requests")]
    [InlineData(500, "internal")]
    public async Task A_status_that_HTTP_led_to_has_the_code_of_the_REST_API(int status, string code)
    {
        Assert.Equal(RestErrors.KindOf(status).Code, code);
        var context = NewContext(takesToken: false);

        await EstErrors.WriteStatusAsync(context, status);

        Assert.Equal(status, context.Response.StatusCode);
        Assert.StartsWith(code + ": ", TextOf(context), StringComparison.Ordinal);
        Assert.Equal(status is 408 or 413 ? "close" : null, (string?)context.Response.Headers.Connection);
    }

    [Theory]
    [InlineData("/.well-known/est", true)]
    [InlineData("/.well-known/est/cacerts", true)]
    [InlineData("/.WELL-KNOWN/EST/pumps/csrattrs", true)]
    [InlineData("/.well-known/estx", false)]
    [InlineData("/api/v1/.well-known/est", false)]
    [InlineData("/", false)]
    public void The_door_is_told_by_its_path(string path, bool isSpoken) =>
        Assert.Equal(isSpoken, EstErrors.IsSpokenAt(new DefaultHttpContext { Request = { Path = path } }));

    private static EnrollmentToken AnyToken { get; } = new()
    {
        Id = "7KXQ2MZ4",
        Group = "pumps",
        Uses = 1,
        Used = 0,
        CreatedAt = DateTimeOffset.UnixEpoch,
        CreatedBy = "administrator:admin",
        ExpiresAt = DateTimeOffset.MaxValue,
    };

    private static async Task<(HttpContext Context, string Text)> WriteAsync(Refusal refusal, bool takesToken, Caller? caller = null)
    {
        var context = NewContext(takesToken);
        context.Features.Set(caller);
        await EstErrors.WriteAsync(context, refusal);
        return (context, TextOf(context));
    }

    private static DefaultHttpContext NewContext(bool takesToken)
    {
        var services = new ServiceCollection().AddLogging()
            .AddSingleton(TimeProvider.System).AddSingleton<SuspicionLimit>().AddSingleton<RefusalNotice>();
        var context = new DefaultHttpContext { RequestServices = services.BuildServiceProvider() };
        context.Request.Method = HttpMethods.Post;
        context.Response.Body = new MemoryStream();
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new EstCredentials(takesToken)), null));
        return context;
    }

    private static string TextOf(HttpContext context)
    {
        var octets = ((MemoryStream)context.Response.Body).ToArray();
        Assert.Equal("text/plain; charset=utf-8", context.Response.ContentType);
        Assert.Equal(octets.Length, context.Response.ContentLength);
        return System.Text.Encoding.UTF8.GetString(octets);
    }
}
