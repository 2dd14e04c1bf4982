using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/enrollments</c>: first certificates.</summary>
internal static class EnrollmentEndpoints
{
    internal static void MapEnrollments(this IEndpointRouteBuilder routes) =>
        routes.MapPost("enrollments", Enroll)
            .WithName("enrollDevice")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Enrolling))
            .Takes<EnrollmentBody>(orRequest: true)
            .GivesCertificate<IssuedCertificateDocument>(StatusCodes.Status201Created)
            .RefusesStrangers()
            .Refuses([RestErrors.BadQuery, RestErrors.BadIdempotencyKey])
            .Refuses(RefusalCode.BadDeviceId, RefusalCode.BadAttributes, RefusalCode.DeviceAlreadyBound)
            .Refuses(EndpointFacts.Admitting)
            .Refuses(EndpointFacts.Issuing);

    /// <summary>Enrolls a device</summary>
    /// <remarks>
    /// Gives a device its first certificate. A retry never makes a second one: the same key for the same device, or the
    /// same Idempotency-Key with the same body, gets the same answer again. The request's subject is empty or names the
    /// device; everything else is decided by the profile. Callers: registrars and administrators; whoever shows an
    /// enrollment token (<c>Authorization: Bearer</c>), a claim certificate or a manufacturer's certificate of a trust
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
        var outcome = await enrollments.EnrollAsync(context.CallerOf(), request);
        return outcome.TryGet(out var issued, out var refusal)
            ? new IssuedAnswer(issued, form, time.GetUtcNow())
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }
}
