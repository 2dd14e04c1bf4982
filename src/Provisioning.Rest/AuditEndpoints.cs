using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Audit;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/audit</c>: the record of everything that was done.</summary>
internal static class AuditEndpoints
{
    internal static void MapAudit(this IEndpointRouteBuilder routes) => routes.MapGet("audit/head", ReadHead)
        .WithName("readAuditHead")
        .WithTags("Audit")
        .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator))
        .Gives<AuditHeadDocument>()
        .RefusesStrangers()
        .Refuses([RestErrors.BadQuery]);

    /// <summary>Tells where the audit ends</summary>
    /// <remarks>
    /// The number and the hash of its last entry: an anchor. Each entry carries the hash of the one before, so whoever keeps an anchor can
    /// prove later (`audit --anchors`, with the service stopped) that nothing up to there was cut off or written anew. Keep it where the
    /// administrators of the service cannot write. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> ReadHead(HttpContext context, IAuditStore audit, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return new JsonAnswer<AuditHeadDocument>(AuditHeadDocument.Of(await audit.ReadHeadAsync(ct), time.GetUtcNow()));
    }
}
