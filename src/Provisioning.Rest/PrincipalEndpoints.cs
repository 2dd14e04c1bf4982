using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/principals</c>: registrars, administrators and relying parties.</summary>
internal static class PrincipalEndpoints
{
    internal static void MapPrincipals(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("principals")
            .WithTags("Principals")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapGet("", ListPrincipals).WithName("listPrincipals").Gives<ListDocument<PrincipalDocument>>());
        Describe(group.MapPost("", AddPrincipal).WithName("addPrincipal").Takes<PrincipalBody>()
            .GivesCertificate<CertificateDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadName, RefusalCode.BadCredential, RefusalCode.AlreadyExists).Refuses(EndpointFacts.Issuing));
        Describe(group.MapGet("{name}", ReadPrincipal).WithName("readPrincipal").WithMetadata(new VersionFacts(false, false)).Gives<PrincipalDocument>()
            .Refuses(RefusalCode.NotFound));
        Describe(group.MapPut("{name}/scope", LimitRegistrar).WithName("limitRegistrar").WithMetadata(new VersionFacts(true, false)).Takes<ScopeBody>()
            .Gives<PrincipalDocument>().Refuses(RefusalCode.NotFound, RefusalCode.BadScope, RefusalCode.PreconditionFailed, RefusalCode.PreconditionRequired));
        Describe(group.MapDelete("{name}/scope", UnlimitRegistrar).WithName("unlimitRegistrar").WithMetadata(new VersionFacts(true, false))
            .Gives<PrincipalDocument>().Refuses(RefusalCode.NotFound, RefusalCode.PreconditionFailed));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Lists registrars, administrators and relying parties</summary>
    /// <remarks>By name. Callers: administrators.</remarks>
    internal static async Task<IResult> ListPrincipals(HttpContext context, IPrincipalStore principals, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<ListDocument<PrincipalDocument>>(new ListDocument<PrincipalDocument>
            {
                Items = [.. (await principals.ListPrincipalsAsync(ct)).Select(PrincipalDocument.Of)],
            });

    /// <summary>Adds a registrar, an administrator or a relying party</summary>
    /// <remarks>
    /// With a certificate over the key in the request; one that is there already gets another certificate, and keeps those that it
    /// has. The same request again gives the same certificate. Limit a registrar before its certificate leaves the house. A relying party, such
    /// as a broker, reads what was revoked (<c>/revocations</c>), and nothing else. Callers:
    /// administrators.
    /// </remarks>
    internal static async Task<IResult> AddPrincipal(
        HttpContext context, PrincipalService principals, TimeProvider time, CancellationToken ct)
    {
        if (!CertificateRequestBody.Check(context.Request).TryGet(out var form, out var problem)) return new ProblemAnswer(problem);
        var read = await RequestBody.ReadJsonAsync<PrincipalBody>(context.Request, ct);
        if (!read.TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        if (!WireNames.TryParse<HolderKind>(body.Kind, out var kind) || kind is not (HolderKind.Registrar or HolderKind.Administrator or HolderKind.RelyingParty))
        {
            var refusal = new Refusal(RefusalCode.BadCredential, "It is one of: registrar, administrator, relyingParty.") { Field = "/kind" };
            return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        }

        if (!CertificationBody.ToDer(body.Csr).TryGet(out var csr, out problem)) return new ProblemAnswer(problem);
        return CertificateRequestBody.Answer(
            context, await principals.AddAsync(body.Name, kind, csr, context.CallerOf(), ct), form, time.GetUtcNow());
    }

    /// <summary>Reads a registrar, an administrator or a relying party</summary>
    /// <remarks>The ETag names the version of its limits. Callers: administrators.</remarks>
    /// <param name="name" example="factory-line">The principal.</param>
    internal static async Task<IResult> ReadPrincipal(
        HttpContext context, string name, IPrincipalStore principals, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return await principals.FindPrincipalAsync(name, ct) is { } principal
            ? Answer(context, principal)
            : new ProblemAnswer(new Refusal(RefusalCode.NotFound, "There is no such principal."));
    }

    /// <summary>Limits a registrar</summary>
    /// <remarks>
    /// To groups, lots, device IDs, networks, hours of the day and a number of certificates a day; what is left out has no limit. It
    /// bites at once, on open connections and on requests that are on their way. With <c>If-Match</c> and the ETag of the registrar that
    /// was read, so that nobody's change is lost, or <c>If-Match: *</c>. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="factory-line">The registrar.</param>
    internal static async Task<IResult> LimitRegistrar(
        HttpContext context, string name, IPrincipalStore principals, ClockGuard clock, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } badQuery)
            return new ProblemAnswer(badQuery);
        if (!Precondition.Require(context.Request).TryGet(out var expected, out var problem)) return new ProblemAnswer(problem);
        var read = await RequestBody.ReadJsonAsync<ScopeBody>(context.Request, ct, RequestBody.MaxListLength);
        if (!read.TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        if (body.FirstNull() is { } missing) return new ProblemAnswer(missing);
        var scope = body.ToDefinition();
        if (!scope.ToScope().TryGet(out _, out var refusal)) return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        return Answer(context, await principals.SetScopeAsync(name, scope, RevisionOf(expected), context.CallerOf().Actor, clock.LastBelieved(), ct));
    }

    /// <summary>Takes all limits from a registrar</summary>
    /// <remarks>With <c>If-Match</c>, only those of that version. Callers: administrators.</remarks>
    /// <param name="name" example="factory-line">The registrar.</param>
    internal static async Task<IResult> UnlimitRegistrar(
        HttpContext context, string name, IPrincipalStore principals, ClockGuard clock, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } badQuery)
            return new ProblemAnswer(badQuery);
        if (!Precondition.Read(context.Request).TryGet(out var expected, out var problem)) return new ProblemAnswer(problem);
        return Answer(context, await principals.SetScopeAsync(name, null, RevisionOf(expected), context.CallerOf().Actor, clock.LastBelieved(), ct));
    }

    // Revisions begin with 0, which would be none at all in an ETag.
    private static long? RevisionOf(Precondition precondition) => precondition.Expected - 1;

    private static IResult Answer(HttpContext context, Outcome<Principal> changed) => changed.TryGet(out var principal, out var refusal)
        ? Answer(context, principal)
        : new ProblemAnswer(refusal);

    private static JsonAnswer<PrincipalDocument> Answer(HttpContext context, Principal principal)
    {
        Precondition.SetTag(context.Response, principal.Revision + 1);
        return new JsonAnswer<PrincipalDocument>(PrincipalDocument.Of(principal));
    }
}
