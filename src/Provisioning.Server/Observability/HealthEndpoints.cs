using System.Text.Json;
using Provisioning.Status;

namespace Provisioning.Server.Observability;

/// <summary>What load balancers and operators ask: does it live, and can it do its work?</summary>
internal static class HealthEndpoints
{
    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health").WithMetadata(new ServedOnPlainHttpAttribute()).AllowAnonymous();
        health.MapGet("/live", GetLive).WithName("getLive").Produces<string>(StatusCodes.Status200OK, "text/plain");
        health.MapGet("/ready", GetReadyAsync).WithName("getReady")
            .Produces<HealthReport>().Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>The process lives.</summary>
    /// <remarks>Says nothing about database, keys or clock: restarting the process would not help those.</remarks>
    /// <response code="200">It does.</response>
    internal static IResult GetLive() => TypedResults.Text("live\n");

    /// <summary>The service can enroll devices now.</summary>
    /// <remarks>
    /// Checks that the database can be written, the issuing key's last signature was good and its certificate is valid, the clock has neither
    /// gone back nor jumped far ahead, and every CRL is fresh. Not ready from the moment on when the process is asked to stop.
    /// </remarks>
    /// <param name="readiness">Looks.</param>
    /// <param name="ct">Gives up.</param>
    /// <response code="200">It can.</response>
    /// <response code="503">It cannot; the report says which check failed.</response>
    internal static async Task<IResult> GetReadyAsync(Readiness readiness, CancellationToken ct)
    {
        var report = await readiness.CheckAsync(ct);
        return Results.Text(
            JsonSerializer.Serialize(report, JsonSerializerOptions.Web),
            "application/json",
            statusCode: report.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
