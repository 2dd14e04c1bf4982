using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Approvals;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>202: an administrator has to approve it. Says where and when to ask again.</summary>
internal sealed class PendingAnswer(ApprovalRequest request, TimeSpan patience, DateTimeOffset now) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.Location = PendingDocument.AddressOf(request);

        // Spread, so that a shift of devices does not come back in one second.
        var seconds = (int)patience.TotalSeconds;
        response.Headers.RetryAfter = RandomNumberGenerator.GetInt32(seconds, (2 * seconds) + 1).ToString(CultureInfo.InvariantCulture);
        CertificateHeaders.SetServerTime(response, now);
        return BufferedBody.WriteAsync(response, MediaTypes.Json, RestJson.Write(PendingDocument.Of(request)));
    }
}
