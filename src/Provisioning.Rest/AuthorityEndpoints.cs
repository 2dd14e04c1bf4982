using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/authorities</c>: public, because whoever is to trust them has no certificate yet.</summary>
internal static class AuthorityEndpoints
{
    internal static void MapAuthorities(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("authorities").WithTags("Authorities").AllowAnonymous();
        group.MapGet("", ListAuthorities).WithName("listAuthorities")
            .Gives<AuthorityListDocument>().Refuses([RestErrors.BadQuery]);
        group.MapGet("{name}", ReadAuthority).WithName("readAuthority")
            .GivesCertificate<AuthorityDocument>().Refuses([RestErrors.BadQuery]).Refuses(RefusalCode.NotFound);
    }

    /// <summary>Lists the authorities</summary>
    /// <remarks>The root first. Callers: anyone. Compare a thumbprint by another way before trusting a root.</remarks>
    internal static IResult ListAuthorities(
        HttpContext context, AuthorityDirectory authorities, PublicAddresses addresses) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<AuthorityListDocument>(new AuthorityListDocument
            {
                Items = [.. authorities.All.Select(authority => AuthorityDocument.Of(authority, authorities, addresses))],
            });

    /// <summary>Reads an authority</summary>
    /// <remarks>As JSON, or its certificate by Accept. Callers: anyone.</remarks>
    /// <param name="name" example="root">Its name: <c>root</c>, <c>issuing</c>, or <c>issuing-2</c> for its second generation.</param>
    internal static IResult ReadAuthority(
        HttpContext context, string name, AuthorityDirectory authorities, PublicAddresses addresses, TimeProvider time)
    {
        if (new QueryReader(context.Request).Problem is { } badQuery) return new ProblemAnswer(badQuery);
        if (!AnswerForms.Choose(context.Request).TryGet(out var form, out var problem))
            return new ProblemAnswer(problem);
        if (authorities.Find(name) is not { } authority)
            return new ProblemAnswer(new Refusal(RefusalCode.NotFound, "There is no such authority."));
        return new CertificateAnswer<AuthorityDocument>(AuthorityDocument.Of(authority, authorities, addresses), form)
        {
            Der = authority.Certificate,
            Chain = authority.IsRoot ? [] : [authorities.Root.Certificate],
            Now = time.GetUtcNow(),
        };
    }
}
