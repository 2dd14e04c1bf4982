using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Authorities;

namespace Provisioning.Status;

/// <summary>
/// What relying parties fetch, anonymously and over plain HTTP: the bytes are signed, and whoever checks a certificate
/// cannot be asked to check another one first (RFC 5280 §8).
/// </summary>
public static class StatusEndpoints
{
    private const int CertificateMaxAge = 3600;

    /// <summary>Adds the endpoints.</summary>
    /// <param name="routes">Where to.</param>
    /// <returns>All of them, for more conventions.</returns>
    public static IEndpointConventionBuilder MapStatus(this IEndpointRouteBuilder routes)
    {
        var status = routes.MapGroup(string.Empty)
            .WithTags("Status")
            .WithMetadata(new ServedOnPlainHttpAttribute())
            .AllowAnonymous();

        CrlEndpoints.Map(status);
        status.MapGet("/ca/{authority}.cer", GetCertificate)
            .WithName("getAuthorityCertificate")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/pkix-cert")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound);

        // By themselves, because two methods of one endpoint would share one operationId in openapi.yaml.
        status.MapMethods("/ca/{authority}.cer", [HttpMethods.Head], GetCertificate).ExcludeFromDescription();
        return status;
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

    internal static IResult UnknownAuthority() => StatusErrors.NotFound(
        "There is no authority of this name. The names are in the addresses that certificates carry.");

    internal static void SetMaxAge(HttpResponse response, double seconds) =>
        response.Headers.CacheControl = seconds > 0 ? $"public, max-age={(int)seconds}" : "no-cache";
}
