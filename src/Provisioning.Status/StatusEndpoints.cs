using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation;

namespace Provisioning.Status;

/// <summary>
/// What relying parties fetch, anonymously and over plain HTTP: the bytes are signed, and whoever checks a certificate
/// cannot be asked to check another one first (RFC 5280 §8).
/// </summary>
public static class StatusEndpoints
{
    // With the delay before a CRL is made and the making itself, a revocation is in everybody's CRL within 60 s.
    private const int CrlMaxAge = 15;

    private const int CertificateMaxAge = 3600;
    private const int RetryAfter = 5;
    private const int TagLength = 16;

    /// <summary>Adds the endpoints. Shards of a CRL will be <c>/crl/{authority}/{shard}.crl</c>.</summary>
    /// <param name="routes">Where to.</param>
    /// <returns>All of them, for more conventions.</returns>
    public static IEndpointConventionBuilder MapStatus(this IEndpointRouteBuilder routes)
    {
        var status = routes.MapGroup(string.Empty)
            .WithTags("Status")
            .WithMetadata(new ServedOnPlainHttpAttribute())
            .AllowAnonymous();

        status.MapGet("/crl/{authority}.crl", GetCrl)
            .WithName("getCrl")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/pkix-crl")
            .Produces<byte[]>(StatusCodes.Status206PartialContent, "application/pkix-crl")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        status.MapGet("/ca/{authority}.cer", GetCertificate)
            .WithName("getAuthorityCertificate")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/pkix-cert")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);

        // By themselves, because two methods of one endpoint would share one operationId in openapi.yaml.
        status.MapMethods("/crl/{authority}.crl", [HttpMethods.Head], GetCrl).ExcludeFromDescription();
        status.MapMethods("/ca/{authority}.cer", [HttpMethods.Head], GetCertificate).ExcludeFromDescription();
        return status;
    }

    /// <summary>The CRL of an authority (RFC 5280 §5).</summary>
    /// <remarks>
    /// DER. Answers `If-None-Match`, `If-Modified-Since` and `Range`. A new one comes every hour and within a minute of
    /// a revocation; `Cache-Control` says how long a copy may be used without asking.
    /// </remarks>
    /// <param name="authority" example="issuing">The name of the authority.</param>
    /// <param name="authorities">The authorities.</param>
    /// <param name="published">The CRLs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="response">Gets the caching rules.</param>
    /// <response code="200">The CRL.</response>
    /// <response code="206">The part of it that was asked for.</response>
    /// <response code="304">The caller's copy is still the current one.</response>
    /// <response code="404">`not-found`: no such authority, or its operator has not supplied a CRL.</response>
    /// <response code="503">`authority-unavailable`: the first CRL is not made yet.</response>
    internal static IResult GetCrl(
        string authority,
        AuthorityDirectory authorities,
        PublishedCrls published,
        TimeProvider time,
        HttpResponse response)
    {
        if (authorities.Find(authority) is not { } found) return UnknownAuthority();
        if (published.Open(found) is not { } file)
        {
            return found.Key is null
                ? StatusErrors.NotFound("The key of this authority is kept offline, and no CRL of it was supplied yet.")
                : StatusErrors.NoCrlYet(RetryAfter);
        }

        var now = time.GetUtcNow();
        var fresh = (published.Find(authority)?.NextUpdate ?? now) - now;
        SetMaxAge(response, Math.Min(CrlMaxAge, fresh.TotalSeconds));
        var modified = new DateTimeOffset(File.GetLastWriteTimeUtc(file.SafeFileHandle));

        // RFC 9110 §8.8.2.1: no Last-Modified after now, which a clock that was set back could bring.
        return TypedResults.Stream(
            file,
            "application/pkix-crl",
            lastModified: modified <= now ? modified : null,
            entityTag: TagOf(file),
            enableRangeProcessing: true);
    }

    /// <summary>The certificate of an authority (RFC 5280 §4.2.2.1).</summary>
    /// <remarks>DER. What the caIssuers address of a certificate points at; the root is the trust anchor.</remarks>
    /// <param name="authority" example="issuing">The name of the authority.</param>
    /// <param name="authorities">The authorities.</param>
    /// <param name="response">Gets the caching rules.</param>
    /// <response code="200">The certificate.</response>
    /// <response code="304">The caller's copy is still the current one.</response>
    /// <response code="404">`not-found`: no such authority.</response>
    internal static IResult GetCertificate(string authority, AuthorityDirectory authorities, HttpResponse response)
    {
        if (authorities.Find(authority) is not { } found) return UnknownAuthority();
        SetMaxAge(response, CertificateMaxAge);
        return TypedResults.Bytes(
            found.Certificate,
            "application/pkix-cert",
            enableRangeProcessing: true,
            lastModified: found.NotBefore,
            entityTag: new EntityTagHeaderValue($"\"{found.Thumbprint}\""));
    }

    private static IResult UnknownAuthority() => StatusErrors.NotFound(
        "There is no authority of this name. The names are in the addresses that certificates carry.");

    private static void SetMaxAge(HttpResponse response, double seconds) =>
        response.Headers.CacheControl = seconds > 0 ? $"public, max-age={(int)seconds}" : "no-cache";

    // The end of a CRL is the end of its signature: different for any two CRLs, also across restarts and nodes, and
    // read from the file that is sent and not from what is known about the folder, which may already hold the next one.
    private static EntityTagHeaderValue TagOf(FileStream file)
    {
        Span<byte> end = stackalloc byte[TagLength];
        var read = RandomAccess.Read(file.SafeFileHandle, end, Math.Max(0, file.Length - TagLength));
        return new EntityTagHeaderValue($"\"{Convert.ToHexString(end[..read])}\"");
    }
}
