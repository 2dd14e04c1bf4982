using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation;

namespace Provisioning.Status;

/// <summary>The CRLs (RFC 5280 §5): of an authority, of its shards, and what has changed since.</summary>
internal static class CrlEndpoints
{
    // With the delay before a CRL is made and the making itself, a revocation is in everybody's CRL within 60 s.
    private const int MaxAge = 15;

    private const int RetryAfter = 5;
    private const int TagLength = 16;

    internal static void Map(IEndpointRouteBuilder status)
    {
        Map(status, "getCrl", "/crl/{authority}.crl", GetCrl, 0);
        Map(status, "getCrlShard", "/crl/{authority}/{shard}.crl", GetShard, 0);

        // Looked at first: "issuing.delta" could be an authority, too.
        Map(status, "getDeltaCrl", "/crl/{authority}.delta.crl", GetDelta, -1);
        Map(status, "getDeltaCrlShard", "/crl/{authority}/{shard}.delta.crl", GetShardDelta, -1);
    }

    /// <summary>The CRL of an authority (RFC 5280 §5).</summary>
    /// <remarks>
    /// DER. Answers `If-None-Match`, `If-Modified-Since` and `Range`. A new one comes every hour and within a minute of
    /// a revocation; where there are delta CRLs, those tell of revocations, and this one comes on schedule. Lists the certificates of all
    /// shards, unless that is switched off. `Cache-Control` says how long a copy may be used without asking.
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
        string authority, AuthorityDirectory authorities, PublishedCrls published, TimeProvider time, HttpResponse response)
    {
        if (authorities.Find(authority) is not { } found) return StatusEndpoints.UnknownAuthority();
        if (Answer(new CrlName(authority), published, time, response) is { } answer) return answer;
        return found.Key is null
            ? StatusErrors.NotFound("The key of this authority is kept offline, and no CRL of it was supplied yet.")
            : StatusErrors.NoCrlYet(RetryAfter);
    }

    /// <summary>The CRL of one shard of an authority.</summary>
    /// <remarks>
    /// What the distribution point of a certificate names, where the certificates of an authority are spread over several CRLs (RFC 5280
    /// §5.2.5). Otherwise as the CRL of the authority.
    /// </remarks>
    /// <param name="authority" example="issuing">The name of the authority.</param>
    /// <param name="shard" example="3">The number of the shard.</param>
    /// <param name="published">The CRLs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="response">Gets the caching rules.</param>
    /// <response code="200">The CRL.</response>
    /// <response code="206">The part of it that was asked for.</response>
    /// <response code="304">The caller's copy is still the current one.</response>
    /// <response code="404">`not-found`: no such shard.</response>
    /// <response code="503">`authority-unavailable`: its first CRL is not made yet.</response>
    internal static IResult GetShard(
        string authority, string shard, PublishedCrls published, TimeProvider time, HttpResponse response) =>
        Get(authority, shard, isDelta: false, published, time, response);

    /// <summary>What has changed since the CRL of an authority.</summary>
    /// <remarks>
    /// A delta CRL (RFC 5280 §5.2.4), where they are switched on: within a minute of a revocation, and valid for less than an hour. Good
    /// together with the CRL that it names, or any newer one of the same address.
    /// </remarks>
    /// <param name="authority" example="issuing">The name of the authority.</param>
    /// <param name="published">The CRLs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="response">Gets the caching rules.</param>
    /// <response code="200">The delta CRL.</response>
    /// <response code="206">The part of it that was asked for.</response>
    /// <response code="304">The caller's copy is still the current one.</response>
    /// <response code="404">`not-found`: no such authority, or there are no delta CRLs.</response>
    /// <response code="503">`authority-unavailable`: the first one is not made yet.</response>
    internal static IResult GetDelta(
        string authority, PublishedCrls published, TimeProvider time, HttpResponse response) =>
        Get(new CrlName(new CrlScope(authority), IsDelta: true), published, time, response);

    /// <summary>What has changed since the CRL of one shard.</summary>
    /// <remarks>As the delta CRL of the authority.</remarks>
    /// <param name="authority" example="issuing">The name of the authority.</param>
    /// <param name="shard" example="3">The number of the shard.</param>
    /// <param name="published">The CRLs.</param>
    /// <param name="time">The clock.</param>
    /// <param name="response">Gets the caching rules.</param>
    /// <response code="200">The delta CRL.</response>
    /// <response code="206">The part of it that was asked for.</response>
    /// <response code="304">The caller's copy is still the current one.</response>
    /// <response code="404">`not-found`: no such shard, or there are no delta CRLs.</response>
    /// <response code="503">`authority-unavailable`: the first one is not made yet.</response>
    internal static IResult GetShardDelta(
        string authority, string shard, PublishedCrls published, TimeProvider time, HttpResponse response) =>
        Get(authority, shard, isDelta: true, published, time, response);

    private static void Map(IEndpointRouteBuilder status, string name, string pattern, Delegate handler, int order)
    {
        status.MapGet(pattern, handler)
            .WithName(name)
            .Produces<byte[]>(StatusCodes.Status200OK, "application/pkix-crl")
            .Produces<byte[]>(StatusCodes.Status206PartialContent, "application/pkix-crl")
            .Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithOrder(order);

        // By itself, because two methods of one endpoint would share one operationId in openapi.yaml.
        status.MapMethods(pattern, [HttpMethods.Head], handler).ExcludeFromDescription().WithOrder(order);
    }

    private static IResult Get(
        string authority, string shard, bool isDelta, PublishedCrls published, TimeProvider time, HttpResponse response)
    {
        // One spelling for each; 0 is the CRL without shards, which has an address of its own.
        if (!int.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number == 0 || number.ToString(CultureInfo.InvariantCulture) != shard)
        {
            return UnknownShard();
        }

        return Get(new CrlName(new CrlScope(authority, number), isDelta), published, time, response);
    }

    private static IResult Get(CrlName name, PublishedCrls published, TimeProvider time, HttpResponse response) =>
        !published.IsKnown(name) ? UnknownShard()
        : Answer(name, published, time, response) is { } answer ? answer
        : StatusErrors.NoCrlYet(RetryAfter);

    private static IResult UnknownShard() => StatusErrors.NotFound(
        "There is no such CRL. The addresses are in the certificates, and those of delta CRLs in the CRLs.");

    private static FileStreamHttpResult? Answer(CrlName name, PublishedCrls published, TimeProvider time, HttpResponse response)
    {
        if (published.Open(name) is not { } file) return null;
        var now = time.GetUtcNow();
        var fresh = (published.Find(name)?.NextUpdate ?? now) - now;
        StatusEndpoints.SetMaxAge(response, Math.Min(MaxAge, fresh.TotalSeconds));
        var modified = new DateTimeOffset(File.GetLastWriteTimeUtc(file.SafeFileHandle));

        // RFC 9110 §8.8.2.1: no Last-Modified after now, which a clock that was set back could bring.
        return TypedResults.Stream(
            file,
            "application/pkix-crl",
            lastModified: modified <= now ? modified : null,
            entityTag: TagOf(file),
            enableRangeProcessing: true);
    }

    // The end of a CRL is the end of its signature: different for any two CRLs, also across restarts and nodes, and
    // read from the file that is sent and not from what is known about the folder, which may already hold the next one.
    private static EntityTagHeaderValue TagOf(FileStream file)
    {
        Span<byte> end = stackalloc byte[TagLength];
        var read = RandomAccess.Read(file.SafeFileHandle, end, Math.Max(0, file.Length - TagLength));
        return new EntityTagHeaderValue($"\"{Convert.ToHexString(end[..read])}\"");
    }
}
