using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Approvals;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Bulk;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/enrollments</c>: first certificates.</summary>
internal static class EnrollmentEndpoints
{
    internal static void MapEnrollments(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("enrollments")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Enrolling));
        group.MapPost("", Enroll)
            .WithName("enrollDevice")
            .Takes<EnrollmentBody>(orRequest: true)
            .GivesCertificate<IssuedCertificateDocument>(StatusCodes.Status201Created)
            .Gives<PendingDocument>(StatusCodes.Status202Accepted)
            .RefusesStrangers()
            .Refuses([RestErrors.BadQuery, RestErrors.BadIdempotencyKey])
            .Refuses(RefusalCode.BadDeviceId, RefusalCode.BadAttributes, RefusalCode.DeviceAlreadyBound)
            .Refuses(RefusalCode.ApprovalDenied, RefusalCode.TooManyPending)
            .Refuses(EndpointFacts.Admitting)
            .Refuses(EndpointFacts.Issuing);
        routes.MapGet("enrollments/requests/{requestId}", CollectEnrollment)
            .WithName("collectEnrollment")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole([.. Roles.Enrolling, Roles.Device, Roles.ExpiredDevice]))
            .GivesCertificate<IssuedCertificateDocument>(StatusCodes.Status201Created)
            .Gives<PendingDocument>(StatusCodes.Status202Accepted)
            .RefusesStrangers()
            .Refuses([RestErrors.BadQuery])
            .Refuses(RefusalCode.NotFound, RefusalCode.DeviceAlreadyBound, RefusalCode.ApprovalDenied, RefusalCode.TooManyPending)
            .Refuses(EndpointFacts.Admitting)
            .Refuses(EndpointFacts.Issuing);
        group.MapBatch();
        group.MapPost("validation", ExplainEnrollment)
            .WithName("explainEnrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Registrar, Roles.Administrator))
            .Takes<EnrollmentBody>(orRequest: true)
            .Gives<ExplanationDocument>()
            .RefusesStrangers()
            .Refuses([RestErrors.BadQuery, RestErrors.BadIdempotencyKey])
            .Refuses(RefusalCode.BadDeviceId, RefusalCode.BadAttributes, RefusalCode.UnknownGroup)
            .Refuses(RefusalCode.UnknownSlot, RefusalCode.UnknownLot);
    }

    /// <summary>Enrolls a device</summary>
    /// <remarks>
    /// Gives a device its first certificate. A retry never makes a second one: the same key for the same device, or the
    /// same Idempotency-Key with the same body, gets the same answer again. The request's subject is empty or names the
    /// device; everything else is decided by the enrollment group and its profile. Where the group wants an approval, the answer is
    /// 202 (<c>approval-pending</c>) with Retry-After and an address to ask again. Callers: registrars and administrators; whoever
    /// shows an enrollment token (<c>Authorization: Bearer</c>), a claim certificate or a manufacturer's certificate of a trust
    /// anchor, for the devices that these are for.
    /// </remarks>
    /// <param name="deviceId">
    /// The device, when the body is <c>application/pkcs10</c>; in JSON it is in the body, and so are the others.
    /// </param>
    /// <param name="group">The enrollment group.</param>
    /// <param name="lot">The lot that the unit counts for.</param>
    /// <param name="slot">The slot of the certificate.</param>
    internal static async Task<IResult> Enroll(
        HttpContext context,
        [FromQuery] string? deviceId,
        [FromQuery] string? group,
        [FromQuery] string? lot,
        [FromQuery] string? slot,
        EnrollmentService enrollments,
        TimeProvider time,
        CancellationToken ct)
    {
        if (!AnswerForms.Choose(context.Request).TryGet(out var form, out var problem))
            return new ProblemAnswer(problem);
        var read = await CertificationBody.ReadEnrollmentAsync(context.Request, ct);
        if (!read.TryGet(out var request, out problem)) return new ProblemAnswer(problem);
        return Answer(await enrollments.EnrollAsync(context.CallerOf(), request), context, form, time.GetUtcNow());
    }

    /// <summary>Asks again for an enrollment that waits</summary>
    /// <remarks>
    /// 201 with the certificate once an administrator has approved it, 202 (<c>approval-pending</c>) until then. Callers: who sent
    /// the request.
    /// </remarks>
    /// <param name="requestId" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The request.</param>
    internal static async Task<IResult> CollectEnrollment(
        HttpContext context,
        string requestId,
        EnrollmentService enrollments,
        IApprovalStore approvals,
        TimeProvider time,
        CancellationToken ct)
    {
        if (!AnswerForms.Choose(context.Request).TryGet(out var form, out var problem)
            || (problem = new QueryReader(context.Request).Problem) is not null)
        {
            return new ProblemAnswer(problem);
        }

        return await approvals.FindApprovalAsync(requestId, ct) is { } waiting
            ? Answer(await enrollments.CollectAsync(context.CallerOf(), waiting), context, form, time.GetUtcNow())
            : new ProblemAnswer(new Refusal(RefusalCode.NotFound, "There is no such request."));
    }

    /// <summary>Tells what would become of an enrollment</summary>
    /// <remarks>
    /// Asks every rule, and tells of each whether it is kept and why not. Issues nothing, counts nothing and leaves no mark; but beyond
    /// the scope of a registrar no other rule is asked, and it is kept that it tried. Callers: registrars and administrators.
    /// </remarks>
    /// <param name="deviceId">As for an enrollment.</param>
    /// <param name="group">As for an enrollment.</param>
    /// <param name="lot">As for an enrollment.</param>
    /// <param name="slot">As for an enrollment.</param>
    internal static async Task<IResult> ExplainEnrollment(
        HttpContext context,
        [FromQuery] string? deviceId,
        [FromQuery] string? group,
        [FromQuery] string? lot,
        [FromQuery] string? slot,
        EnrollmentExplainer explainer,
        CancellationToken ct)
    {
        if (AnswerForms.CheckJson(context.Request) is { } notJson) return new ProblemAnswer(notJson);
        var read = await CertificationBody.ReadEnrollmentAsync(context.Request, ct);
        if (!read.TryGet(out var request, out var problem)) return new ProblemAnswer(problem);
        return (await explainer.ExplainAsync(context.CallerOf(), request, ct)).TryGet(out var explanation, out var refusal)
            ? new JsonAnswer<ExplanationDocument>(ExplanationDocument.Of(explanation))
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }

    /// <summary>The answer to who asked for a certificate: it, the word to wait, or the refusal.</summary>
    internal static IResult Answer(Outcome<IssuedCertificate> outcome, HttpContext context, AnswerForm form, DateTimeOffset now)
    {
        if (outcome.TryGet(out var issued, out var refusal)) return new IssuedAnswer(issued, form, now);
        return refusal is { Pending: { } waiting, RetryAfter: { } patience }
            ? new PendingAnswer(waiting, patience, now)
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }
}
