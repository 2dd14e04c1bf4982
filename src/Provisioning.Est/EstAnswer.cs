using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Provisioning.Est;

/// <summary>
/// An answer, whole and with its length: strongSwan and libest read no chunks, and strongSwan wants the head in the first 1024 octets.
/// </summary>
/// <param name="mediaType">Its media type, exactly as clients compare it.</param>
/// <param name="octets">The body, which goes out in base64.</param>
internal sealed class EstAnswer(string mediaType, ReadOnlyMemory<byte> octets) : IResult
{
    internal const string CertsOnly = "application/pkcs7-mime; smime-type=certs-only";

    internal const string TransferEncoding = "Content-Transfer-Encoding";

    /// <summary>Certificates as base64 of a certs-only message.</summary>
    internal static EstAnswer Certificates(IEnumerable<ReadOnlyMemory<byte>> certificates) =>
        new(CertsOnly, CertsOnlyMessage.Write(certificates));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        // RFC 8951 §3.1 makes it void, and clients that are older insist on it.
        httpContext.Response.Headers[TransferEncoding] = "base64";
        return WriteAsync(httpContext, StatusCodes.Status200OK, mediaType, Encoding.ASCII.GetBytes(EstBody.Encode(httpContext.Request, octets.Span)));
    }

    internal static async Task WriteAsync(HttpContext context, int status, string mediaType, byte[] body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = mediaType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers["Provisioning-Server-Time"] = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeSeconds()
            .ToString(CultureInfo.InvariantCulture);
        if (HttpMethods.IsHead(context.Request.Method)) return;

        // In one piece, behind the head: what is written in several goes out in as many records of TLS, and strongSwan reads a body at once.
        await response.StartAsync(context.RequestAborted);
        body.CopyTo(response.BodyWriter.GetSpan(body.Length));
        response.BodyWriter.Advance(body.Length);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
