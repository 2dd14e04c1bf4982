using Microsoft.AspNetCore.Http;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>200 with a certificate that is on record: as the JSON document given, or encoded.</summary>
internal sealed class CertificateAnswer<T>(T document, AnswerForm form) : IResult
    where T : class
{
    internal required ReadOnlyMemory<byte> Der { get; init; }

    internal required IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; init; }

    internal SerialNumber? SerialNumber { get; init; }

    internal RenewalWindow? Window { get; init; }

    internal required DateTimeOffset Now { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        if (SerialNumber is { } serialNumber) CertificateHeaders.Write(response, serialNumber, Window, Now);
        return form == AnswerForm.Json
            ? BufferedBody.WriteAsync(response, MediaTypes.Json, RestJson.Write(document))
            : EncodedCertificate.WriteAsync(response, form, Der, Chain);
    }
}
