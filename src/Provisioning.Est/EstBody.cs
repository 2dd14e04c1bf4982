using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Certificates;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Est;

/// <summary>Reads certification requests as EST clients send them (RFC 7030 §4.2.1, RFC 8951 §3), and writes base64 as they read it.</summary>
internal static class EstBody
{
    // libest reads no longer line, and none without its end; strongSwan before 5.9.11 fails at a line break anywhere else. The one says who it is
    // and the other does not.
    private const int LongestLine = 1000;
    private const int Wrapped = 64;

    /// <summary>Asks whether the body says that it is a certification request. Some clients say nothing, and are believed.</summary>
    internal static bool IsRequest(HttpRequest request) =>
        StringValues.IsNullOrEmpty(request.Headers.ContentEncoding) && (request.Headers.ContentType.Count == 0
            || (request.Headers.ContentType is [var only] && MediaTypeHeaderValue.TryParse(only, out var type)
                && type.MediaType.Equals(EstEndpoints.RequestType, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads the whole body, chunked or not, and decodes it. Content-Transfer-Encoding says nothing (RFC 8951 §3.1).</summary>
    /// <returns>The DER, not looked into; or the refusal.</returns>
    internal static async Task<Outcome<byte[]>> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        const int most = CertificationRequestReader.MaxLength;
        if (request.ContentLength > most) return TooLarge;

        // Tells the server too, so that it does not read an endless body to its end before the next request.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = most;
        var read = await request.BodyReader.ReadAtLeastAsync(most + 1, ct);
        if (read.Buffer.Length > most) return TooLarge;
        var body = read.Buffer.ToArray();
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return CertificationRequestText.FromBase64(body);
    }

    /// <summary>Writes base64 for a client, on one line or several, each with its end.</summary>
    internal static string Encode(HttpRequest client, ReadOnlySpan<byte> octets)
    {
        var text = Convert.ToBase64String(octets);
        return text.Length <= LongestLine || StringValues.IsNullOrEmpty(client.Headers.UserAgent)
            ? text + "\n"
            : string.Concat(text.Chunk(Wrapped).Select(line => new string(line) + "\n"));
    }

    private static Refusal TooLarge { get; } =
        new(RefusalCode.TooLarge, $"At most {CertificationRequestReader.MaxLength} octets are read.");
}
