using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Status;

/// <summary>How a certificate stands, now (RFC 6960, RFC 9919): anonymously and over plain HTTP, as with CRLs.</summary>
public static class OcspEndpoints
{
    /// <summary>The longest request, in octets. One certificate takes 80 of them; a signature with its certificates a few thousand.</summary>
    public const int MaxRequest = 16 * 1024;

    private const string RequestType = "application/ocsp-request";
    private static readonly string[] OtherMethods = [HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Options];

    /// <summary>Adds the endpoints.</summary>
    /// <param name="routes">Where to.</param>
    /// <returns>All of them, for more conventions.</returns>
    public static IEndpointConventionBuilder MapOcsp(this IEndpointRouteBuilder routes)
    {
        var ocsp = routes.MapGroup("/ocsp")
            .WithTags("Status")
            .WithMetadata(new ServedOnPlainHttpAttribute())
            .AllowAnonymous();

        ocsp.MapPost(string.Empty, PostAsync)
            .WithName("postOcsp")
            .WithMetadata(new TakesBody(RequestType))
            .Produces<byte[]>(StatusCodes.Status200OK, OcspResult.MediaType)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        ocsp.MapGet("/{**request}", GetAsync)
            .WithName("getOcsp")
            .Produces<byte[]>(StatusCodes.Status200OK, OcspResult.MediaType)
            .Produces(StatusCodes.Status304NotModified);

        // By itself, because two methods of one endpoint would share one operationId in openapi.yaml.
        ocsp.MapMethods("/{**request}", [HttpMethods.Head], GetAsync).ExcludeFromDescription();

        // The plain listener serves none of the router's own answers.
        ocsp.MapMethods("/{**request}", OtherMethods, RefuseMethod).ExcludeFromDescription();
        return ocsp;
    }

    private static IResult RefuseMethod(HttpResponse response)
    {
        response.Headers.Allow = "GET, HEAD, POST";
        return StatusErrors.MethodNotAllowed("Send GET or POST.");
    }

    /// <summary>Ask how certificates stand (OCSP by POST).</summary>
    /// <remarks>
    /// An OCSPRequest in DER (RFC 6960 §4.1), of 1 to 16 certificates of one authority, with SHA-1 or SHA-256 in the CertIDs; a nonce has 1 to
    /// 128 octets. The answer is an OCSPResponse in DER, with status 200 whatever it says. It is signed by a key that the authority has
    /// delegated, and tells of a revocation at once.
    /// </remarks>
    /// <param name="context">The request.</param>
    /// <param name="responder">Answers.</param>
    /// <param name="time">The clock.</param>
    /// <response code="200">The OCSPResponse; also one that says `malformedRequest`, `tryLater`, `unauthorized` or `internalError`.</response>
    /// <response code="413">`too-large`: more than 16 KiB.</response>
    /// <response code="415">`unsupported-media-type`: not `application/ocsp-request`.</response>
    internal static async Task<IResult> PostAsync(HttpContext context, OcspResponder responder, TimeProvider time)
    {
        var request = context.Request;
        if (!IsOcspRequest(request)) return StatusErrors.UnsupportedMediaType($"Send {RequestType}, without Content-Encoding.");
        if (await ReadAsync(request, context.RequestAborted) is not { } body)
        {
            // What was not read of the body is never read: the next request would start somewhere inside it.
            context.Response.Headers.Connection = "close";
            return StatusErrors.TooLarge($"At most {MaxRequest} octets are read.");
        }

        return new OcspResult(await responder.AnswerAsync(body, context.RequestAborted), time.GetUtcNow());
    }

    /// <summary>Ask how certificates stand (OCSP by GET).</summary>
    /// <remarks>
    /// The same as by POST, with the OCSPRequest in base64 as the rest of the path, percent-encoded (RFC 6960 appendix A.1). What it answers
    /// may be kept by caches for as long as `Cache-Control` says, and asked for again with `If-None-Match`; errors and answers with a nonce
    /// may not.
    /// </remarks>
    /// <param name="request" example="MFEwTzBNMEswSTAJBgUrDgMCGgUABBQ0Sk3LtVtbcVUpdFSQRVZyHmBfTgQUeLByDpBCyJmWkZ%2BIvkXaTOzOzkQCEEmPFPaXrtdHzBWYmxrEKHM%3D">The OCSPRequest.</param>
    /// <param name="context">The request.</param>
    /// <param name="responder">Answers.</param>
    /// <param name="time">The clock.</param>
    /// <response code="200">The OCSPResponse.</response>
    /// <response code="304">The caller's copy is still the current one.</response>
    internal static async Task<IResult> GetAsync(string? request, HttpContext context, OcspResponder responder, TimeProvider time)
    {
        // The path as the framework gives it is decoded already, and no longer what was sent.
        _ = request;
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var answer = await responder.AnswerAsync(OcspPath.TryDecode(target), context.RequestAborted);
        return new OcspResult(answer, time.GetUtcNow());
    }

    private static bool IsOcspRequest(HttpRequest request) =>
        StringValues.IsNullOrEmpty(request.Headers.ContentEncoding)
        && request.Headers.ContentType is [{ } text]
        && (text == RequestType
            || (MediaTypeHeaderValue.TryParse(text, out var type) && type.MediaType.Equals(RequestType, StringComparison.OrdinalIgnoreCase)));

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > MaxRequest) return null;
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxRequest;
        var read = await request.BodyReader.ReadAtLeastAsync(MaxRequest + 1, ct);
        if (read.Buffer.Length > MaxRequest) return null;
        ReadOnlyMemory<byte> body = read.Buffer.ToArray();
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return body;
    }
}
