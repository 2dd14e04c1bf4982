using Microsoft.AspNetCore.Http;

namespace Provisioning.Rest.Wire;

/// <summary>
/// Every answer leaves whole, with its Content-Length: small HTTP clients in devices know no chunked coding, and one
/// write puts head and body into one TLS record.
/// </summary>
internal static class BufferedBody
{
    internal static async Task WriteAsync(HttpResponse response, string contentType, ReadOnlyMemory<byte> body)
    {
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
    }
}
