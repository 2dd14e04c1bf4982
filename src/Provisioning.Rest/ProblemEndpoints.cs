using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;

namespace Provisioning.Rest;

/// <summary>
/// What the <c>type</c> of a problem leads to: a line of text, so that a person who follows it finds something.
/// </summary>
internal static class ProblemEndpoints
{
    internal static void MapProblems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/problems").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("", ListProblems);
        group.MapGet("{code}", DescribeProblem);
    }

    internal static IResult ListProblems() => new TextAnswer(string.Concat(RestErrors.All.Select(Line)));

    internal static IResult DescribeProblem(string code) =>
        RestErrors.All.FirstOrDefault(kind => kind.Code == code) is { } kind
        ? new TextAnswer(Line(kind))
        : new ProblemAnswer(
            new Refusal(RefusalCode.NotFound, "There is no such code; all of them are listed at /problems."));

    private static string Line(ProblemKind kind) => new StringBuilder()
        .Append(CultureInfo.InvariantCulture, $"{kind.Code} ({kind.Status}): {kind.Title}\n").ToString();
}
