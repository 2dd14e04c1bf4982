using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Provisioning.Rest.Wire;

/// <summary>
/// Reads bodies raw, chunked or not. No formatter sees them, so nothing is decompressed, transcoded or bound by
/// accident.
/// </summary>
internal static class RequestBody
{
    /// <summary>The longest body of most operations, in octets. An RSA-4096 request in PEM inside JSON has 2 KiB.</summary>
    internal const int MaxLength = 16 * 1024;

    /// <summary>The longest body that is a list, in octets: 10 000 device IDs. Never from a stranger.</summary>
    internal const int MaxListLength = 1024 * 1024;

    /// <summary>Reads a body that must be JSON.</summary>
    internal static async Task<Checked<T>> ReadJsonAsync<T>(HttpRequest request, CancellationToken ct, int maxLength = MaxLength)
        where T : class
    {
        if (MediaTypeOf(request) != MediaTypes.Json) return UnsupportedMediaType("Send application/json");
        return (await ReadAsync(request, ct, maxLength)).TryGet(out var body, out var problem)
            ? StrictJson.Read<T>(body)
            : problem;
    }

    /// <summary>
    /// The media type without its parameters, or null when it is missing, doubled or has parameters but UTF-8.
    /// </summary>
    internal static string? MediaTypeOf(HttpRequest request)
    {
        if (request.Headers.ContentType is not [{ } text]) return null;
        if (!MediaTypeHeaderValue.TryParse(text, out var type)) return null;
        var mediaType = type.MediaType.Value?.ToLowerInvariant();
        return type.Parameters.Count == 0 || (mediaType is MediaTypes.Json or MediaTypes.Lines or MediaTypes.Csv && IsUtf8Only(type)) ? mediaType : null;
    }

    /// <summary>Reads the whole body.</summary>
    /// <returns>1 to so many octets, or the problem.</returns>
    /// <exception cref="BadHttpRequestException">
    /// Broken chunks, a body that came too slowly, or too long a one.
    /// </exception>
    internal static async Task<Checked<ReadOnlyMemory<byte>>> ReadAsync(
        HttpRequest request, CancellationToken ct, int maxLength = MaxLength)
    {
        if (!StringValues.IsNullOrEmpty(request.Headers.ContentEncoding))
            return UnsupportedMediaType("Send the body without Content-Encoding");
        if (request.ContentLength > maxLength) return TooLarge(maxLength);

        // Tells the server too, so that it does not read an endless body to its end before the next request.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maxLength;

        var read = await request.BodyReader.ReadAtLeastAsync(maxLength + 1, ct);
        if (read.Buffer.Length > maxLength) return TooLarge(maxLength);
        ReadOnlyMemory<byte> body = read.Buffer.ToArray();
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return body.IsEmpty ? RestErrors.Malformed("The body is empty.") : body;
    }

    /// <summary>Opens a body of any length, to be read as it comes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isPaced">
    /// True when lines may come as slowly as units leave a line: no rate is wanted then, but <see cref="Bulk.LineReader"/>'s patience.
    /// </param>
    /// <returns>The problem, or null.</returns>
    internal static Problem? Open(HttpRequest request, bool isPaced)
    {
        if (!StringValues.IsNullOrEmpty(request.Headers.ContentEncoding))
            return UnsupportedMediaType("Send the body without Content-Encoding");
        var features = request.HttpContext.Features;
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        if (isPaced && features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return null;
    }

    internal static Problem UnsupportedMediaType(string advice) =>
        new(RestErrors.KindOf(StatusCodes.Status415UnsupportedMediaType), advice + ".");

    private static bool IsUtf8Only(MediaTypeHeaderValue type) =>
        type.Parameters.Count == 1
            && HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static Problem TooLarge(int maxLength) => RestErrors.Of(
        new(Core.Enrollment.RefusalCode.TooLarge, $"At most {maxLength} octets are read."));
}
