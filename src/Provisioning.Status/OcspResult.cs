using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Status;

/// <summary>
/// An OCSPResponse over HTTP. Caches on the way may keep what was asked for by GET, is signed and has no nonce (RFC 9919 §7.2); nothing
/// else is ever theirs.
/// </summary>
internal sealed class OcspResult(OcspAnswer answer, DateTimeOffset now) : IResult
{
    internal const string MediaType = "application/ocsp-response";

    // A copy that a cache gives out has a quarter of its time left at least: clocks differ, and it is still under way.
    private const double CachedFor = 0.75;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (isRead && answer.IsForAll)
        {
            SetCaching(response);
            if (HasCopy(request))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }
        else
        {
            response.Headers.CacheControl = "no-store";
        }

        response.ContentType = MediaType;
        response.ContentLength = answer.Octets.Length;
        if (!HttpMethods.IsHead(request.Method)) await response.Body.WriteAsync(answer.Octets, httpContext.RequestAborted);
    }

    private void SetCaching(HttpResponse response)
    {
        var fresh = answer.ThisUpdate + ((answer.NextUpdate - answer.ThisUpdate) * CachedFor) - now;
        var seconds = Math.Max(0, (long)fresh.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var headers = response.Headers;
        headers.CacheControl = $"max-age={seconds}, public, no-transform, must-revalidate";
        headers.ETag = $"\"{answer.Tag}\"";
        headers.LastModified = HeaderUtilities.FormatDate(answer.ThisUpdate);
        headers.Expires = HeaderUtilities.FormatDate(answer.NextUpdate);
    }

    private bool HasCopy(HttpRequest request)
    {
        if (request.Headers.IfNoneMatch.Count == 0) return false;
        if (!EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var tags)) return false;
        foreach (var tag in tags)
            if (tag.Tag == "*" || tag.Tag.AsSpan().Trim('"').SequenceEqual(answer.Tag)) return true;
        return false;
    }
}
