using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/tokens</c>: enrollment tokens, for labels and installers.</summary>
internal static class TokenEndpoints
{
    internal static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("tokens")
            .WithTags("Tokens")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapPost("", CreateTokens).WithName("createTokens").Takes<TokenBody>()
            .Produces<ListDocument<TokenDocument>>(StatusCodes.Status201Created, MediaTypes.Json, MediaTypes.Text, MediaTypes.Png)
            .RefusesStatus(406)
            .Refuses(RefusalCode.BadCredential, RefusalCode.UnknownGroup, RefusalCode.UnknownLot, RefusalCode.NotInLot)
            .Refuses(RefusalCode.ClockRegressed, RefusalCode.ClockSuspect));
        Describe(group.MapGet("", ListTokens).WithName("listTokens").Gives<PageDocument<TokenDocument>>());
        Describe(group.MapGet("{id}", ReadToken).WithName("readToken").Gives<TokenDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapDelete("{id}", RevokeToken).WithName("revokeToken").Gives<TokenDocument>().Refuses(RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Makes enrollment tokens</summary>
    /// <remarks>
    /// Their texts are in this answer and nowhere else: only hashes are kept. As <c>text/plain</c>, one a line; as
    /// <c>image/png</c>, the QR code of one, for its label. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> CreateTokens(HttpContext context, TokenService tokens, TimeProvider time, CancellationToken ct)
    {
        if (new QueryReader(context.Request).Problem is { } badQuery) return new ProblemAnswer(badQuery);
        if (!AnswerForms.ChooseForToken(context.Request).TryGet(out var form, out var problem)) return new ProblemAnswer(problem);
        var read = await RequestBody.ReadJsonAsync<TokenBody>(context.Request, ct);
        if (!read.TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        if (!body.ToDefinition().TryGet(out var definition, out problem)) return new ProblemAnswer(problem);
        var count = body.Count ?? 1;
        if (form == AnswerForm.Png && count != 1)
        {
            return new ProblemAnswer(RestErrors.Of(
                new Refusal(RefusalCode.BadCredential, "As a picture, one token is given.") { Field = "/count" }, context.Request));
        }

        var created = await tokens.CreateAsync(definition, count, context.CallerOf(), ct);
        return created.TryGet(out var made, out var refusal)
            ? new TokensAnswer(made, form, body.QrCode == true, time.GetUtcNow())
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }

    /// <summary>Lists enrollment tokens</summary>
    /// <remarks>Newest first, without their texts. Callers: administrators.</remarks>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="state">Only in this state.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListTokens(
        HttpContext context,
        [FromQuery] string? group,
        [FromQuery, NamesOf(typeof(TokenState))] string? state,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        TokenService tokens,
        TimeProvider time,
        CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var read = new QueryReader(context.Request, "group", "state", "limit", "cursor");
        var query = new TokenQuery
        {
            Group = read.Holder("group", group),
            State = read.Name<TokenState>("state", state),
            Now = now,
            Limit = read.Limit(limit),
            Cursor = read.Cursor(cursor),
        };
        return (read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<PageDocument<TokenDocument>>(
                PageDocument<TokenDocument>.Of(await tokens.ListAsync(query, ct), token => TokenDocument.Of(token, now)));
    }

    /// <summary>Reads an enrollment token</summary>
    /// <remarks>Without its text. Callers: administrators.</remarks>
    /// <param name="id" example="4XN5A0T2R8W9K3QJ">The token.</param>
    internal static async Task<IResult> ReadToken(
        HttpContext context, string id, TokenService tokens, TimeProvider time, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : Answer(await tokens.FindAsync(id, ct), time);

    /// <summary>Revokes an enrollment token</summary>
    /// <remarks>
    /// For ever, and at once, also for requests that are on their way. What was enrolled with it stays. Callers: administrators.
    /// </remarks>
    /// <param name="id" example="4XN5A0T2R8W9K3QJ">The token.</param>
    internal static async Task<IResult> RevokeToken(
        HttpContext context, string id, TokenService tokens, TimeProvider time, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : Answer(await tokens.RevokeAsync(id, context.CallerOf(), ct), time);

    private static IResult Answer(Outcome<EnrollmentToken> outcome, TimeProvider time) => outcome.TryGet(out var token, out var refusal)
        ? new JsonAnswer<TokenDocument>(TokenDocument.Of(token, time.GetUtcNow()))
        : new ProblemAnswer(refusal);
}
