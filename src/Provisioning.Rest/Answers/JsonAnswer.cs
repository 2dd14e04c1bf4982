using Microsoft.AspNetCore.Http;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>200 with a JSON document.</summary>
internal sealed class JsonAnswer<T>(T document) : IResult
    where T : class
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        BufferedBody.WriteAsync(httpContext.Response, MediaTypes.Json, RestJson.Write(document));
}
