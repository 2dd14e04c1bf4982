using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>
/// Writes problems (RFC 9457): the body for people and programs, and the code once more in the header
/// <c>Provisioning-Error</c>, for firmware that has no JSON parser.
/// </summary>
public static class Problems
{
    /// <summary>The header that carries the code.</summary>
    public const string ErrorHeader = "Provisioning-Error";

    /// <summary>Answers with a refusal; counts and logs it once.</summary>
    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="refusal">Why.</param>
    /// <returns>When the answer is written.</returns>
    public static Task WriteAsync(HttpContext context, Refusal refusal) => WriteAsync(context, RestErrors.Of(refusal));

    /// <summary>
    /// Answers with a status that HTTP itself led to (404, 405, 429 …). Headers that are set already (Allow,
    /// Retry-After) stay.
    /// </summary>
    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="status">400 or above.</param>
    /// <returns>When the answer is written.</returns>
    public static Task WriteStatusAsync(HttpContext context, int status)
    {
        var kind = RestErrors.KindOf(status);
        return WriteAsync(context, new Problem(kind, DetailOf(context, status) ?? kind.Title));
    }

    internal static async Task WriteAsync(HttpContext context, Problem problem)
    {
        context.RequestServices.GetRequiredService<RefusalNotice>().Note(problem.Kind.Code, problem.Refusal, context.Features.Get<Caller>());

        var response = context.Response;
        response.StatusCode = problem.Kind.Status;
        response.Headers[ErrorHeader] = problem.Kind.Code;

        // A device whose clock is wrong is refused for that reason, and here learns the time to try again with.
        CertificateHeaders.SetServerTime(response, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
        if (problem.RetryAfter is { } patience)
        {
            var seconds = Math.Max(1, Math.Ceiling(patience.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Kind.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = Challenges(problem);

        // What was not read of the body is never read: the next request would start somewhere inside it.
        if (problem.Kind.Status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout
            && !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            response.Headers.Connection = "close";
        }

        await BufferedBody.WriteAsync(response, MediaTypes.Problem, RestJson.Write(ToDocument(problem)));
    }

    // RFC 9110 §11.6.1 wants a challenge with every 401. No scheme is registered for a TLS client certificate; that one tells
    // what to show, and clients skip schemes that they do not know. What is wrong with a token is said as in RFC 6750 §3.1.
    private static StringValues Challenges(Problem problem) => new([
        "ClientCertificate",
        problem.Refusal is RefusalCode.BadToken or RefusalCode.TokenExpired ? "Bearer error=\"invalid_token\"" : "Bearer",
    ]);

    private static ProblemDocument ToDocument(Problem problem) => new()
    {
        Type = "/problems/" + problem.Kind.Code,
        Title = problem.Kind.Title,
        Status = problem.Kind.Status,
        Detail = problem.Detail,
        Code = problem.Kind.Code,
        Pointer = problem.Pointer,
    };

    private static string? DetailOf(HttpContext context, int status) => status switch
    {
        401 => "Show a client certificate that this service has issued, or an enrollment token.",
        404 => "Nothing is served at this address. The addresses are listed at /swagger and in /openapi.yaml.",
        405 => $"Use one of: {context.Response.Headers.Allow}.",
        413 => $"At most {context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? RequestBody.MaxLength} octets are read.",
        415 => "Send one Content-Type that /openapi.yaml lists for this operation, and no Content-Encoding.",
        429 => "Wait as long as Retry-After says, then go on more slowly.",
        _ => null,
    };
}
