using System.Text;
using Microsoft.AspNetCore.Http;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>200 with plain text.</summary>
internal sealed class TextAnswer(string text) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        BufferedBody.WriteAsync(httpContext.Response, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));
}
