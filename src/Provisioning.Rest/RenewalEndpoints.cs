using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/renewals</c>: the next certificate of the device that calls.</summary>
internal static class RenewalEndpoints
{
    internal static void MapRenewals(this IEndpointRouteBuilder routes) =>
        routes.MapPost("renewals", Renew)
            .WithName("renewCertificate")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Device, Roles.ExpiredDevice))
            .Takes<RenewalBody>(orRequest: true)
            .GivesCertificate<IssuedCertificateDocument>(StatusCodes.Status201Created)
            .RefusesStrangers()
            .Gives<PendingDocument>(StatusCodes.Status202Accepted)
            .Refuses([RestErrors.BadQuery, RestErrors.BadIdempotencyKey])
            .Refuses(RefusalCode.RenewalTooEarly, RefusalCode.NewKeyRequired, RefusalCode.NewKeyNotAllowed)
            .Refuses(RefusalCode.ApprovalDenied, RefusalCode.TooManyPending)
            .Refuses(EndpointFacts.Issuing);

    /// <summary>Renews the caller's certificate</summary>
    /// <remarks>
    /// The device calls with its current certificate and sends a request over its next key. The old certificate works
    /// until the new one has been seen in a handshake, and then for the overlap of its group, so a device that loses the answer simply
    /// asks again: with the same key it gets the same certificate, with another one the certificate that it never confirmed is replaced.
    /// An expired certificate renews within the grace of its group, which may want an approval (202). Callers: devices.
    /// </remarks>
    internal static async Task<IResult> Renew(
        HttpContext context, EnrollmentService enrollments, TimeProvider time, CancellationToken ct)
    {
        if (!AnswerForms.Choose(context.Request).TryGet(out var form, out var problem))
            return new ProblemAnswer(problem);
        var read = await CertificationBody.ReadRenewalAsync(context.Request, ct);
        if (!read.TryGet(out var request, out problem)) return new ProblemAnswer(problem);
        return EnrollmentEndpoints.Answer(await enrollments.RenewAsync(context.CallerOf(), request), context, form, time.GetUtcNow());
    }
}
