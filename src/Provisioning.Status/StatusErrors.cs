using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Enrollment;

namespace Provisioning.Status;

/// <summary>What this door says when it has nothing to serve (RFC 9457).</summary>
internal static class StatusErrors
{
    /// <summary>No such authority, or it has no CRL here.</summary>
    /// <param name="detail">What to do.</param>
    public static IResult NotFound(string detail) => new Problem(404, "Not found", "not-found", detail, null);

    /// <summary>The CRL is being made for the first time, or cannot be made.</summary>
    /// <param name="retryAfter">Seconds.</param>
    public static IResult NoCrlYet(int retryAfter) => new Problem(
        503,
        "Service unavailable",
        "authority-unavailable",
        "The CRL of this authority is not ready yet. Ask again later.",
        retryAfter);

    /// <summary>The body is of another kind.</summary>
    /// <param name="detail">What to do.</param>
    public static IResult UnsupportedMediaType(string detail) =>
        new Problem(415, "Unsupported media type", "unsupported-media-type", detail, null);

    /// <summary>The method is another.</summary>
    /// <param name="detail">What to do.</param>
    public static IResult MethodNotAllowed(string detail) => new Problem(405, "Method not allowed", "method-not-allowed", detail, null);

    /// <summary>The body is too long.</summary>
    /// <param name="detail">What to do.</param>
    public static IResult TooLarge(string detail) => new Problem(413, "Content too large", "too-large", detail, null);

    // Written by hand because of Content-Length: the framework's own result sends chunks, which small clients cannot
    // read.
    private sealed class Problem(int status, string title, string code, string detail, int? retryAfter) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            CoreMetrics.Refused(code);
            var body = JsonSerializer.SerializeToUtf8Bytes(
                new { type = "/problems/" + code, title, status, code, detail });
            var response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = "application/problem+json";
            response.ContentLength = body.Length;

            // A cache may keep a 404 at its own judgment (RFC 9111 §4.2.2), and with it an authority that exists by
            // now.
            response.Headers.CacheControl = "no-store";
            if (retryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString();
            if (!HttpMethods.IsHead(httpContext.Request.Method))
                await response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
