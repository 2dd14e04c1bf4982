using Microsoft.AspNetCore.Http;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Answers;

/// <summary>A refusal as an answer.</summary>
internal sealed class ProblemAnswer(Problem problem) : IResult
{
    internal ProblemAnswer(Refusal refusal)
        : this(RestErrors.Of(refusal))
    {
    }

    public Task ExecuteAsync(HttpContext httpContext) => Problems.WriteAsync(httpContext, problem);
}
