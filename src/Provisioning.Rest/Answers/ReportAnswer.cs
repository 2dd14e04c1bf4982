using System.Text;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Lots;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>200 with a signed report: the octets that were signed once, or what they say.</summary>
internal sealed class ReportAnswer(string report, AnswerForm form) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => form == AnswerForm.Jose
        ? BufferedBody.WriteAsync(httpContext.Response, MediaTypes.Jose, Encoding.ASCII.GetBytes(report))
        : BufferedBody.WriteAsync(httpContext.Response, MediaTypes.Json, LotClosing.DocumentOf(report));
}
