using Microsoft.AspNetCore.Http;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What the operations that issue credentials have in common.</summary>
internal static class CertificateRequestBody
{
    /// <summary>Chooses the form of the answer before anything is done.</summary>
    internal static Checked<AnswerForm> Check(HttpRequest request) =>
        new QueryReader(request).Problem is { } problem ? problem : AnswerForms.Choose(request);

    /// <summary>201 with the certificate.</summary>
    internal static IResult Answer(HttpContext context, Outcome<IssuedCertificate> outcome, AnswerForm form, DateTimeOffset now)
    {
        if (!outcome.TryGet(out var issued, out var refusal)) return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/certificates/{issued.Record.SerialNumber}";
        return new CertificateAnswer<CertificateDocument>(CertificateDocument.Of(issued.Record, issued.Der), form)
        {
            Der = issued.Der,
            Chain = issued.Chain,
            SerialNumber = issued.Record.SerialNumber,
            Window = issued.Window,
            Now = now,
        };
    }
}
