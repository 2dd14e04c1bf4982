using Microsoft.AspNetCore.Http;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>201 with a certificate of the pipeline. A repeated request gets the same answer, 201 included.</summary>
internal sealed class IssuedAnswer(IssuedCertificate issued, AnswerForm form, DateTimeOffset now) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"{RestEndpoints.Root}/certificates/{issued.Record.SerialNumber}";
        CertificateHeaders.Write(response, issued.Record.SerialNumber, issued.Window, now);
        if (form != AnswerForm.Json) return EncodedCertificate.WriteAsync(response, form, issued.Der, issued.Chain);

        var document = IssuedCertificateDocument.Of(issued, now);
        return BufferedBody.WriteAsync(response, MediaTypes.Json, RestJson.Write(document));
    }
}
