using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Approvals;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/approvals</c>: the queue of enrollments that an administrator decides.</summary>
internal static class ApprovalEndpoints
{
    private const int MaxDecisions = 500;
    private const int MaxReason = 200;

    internal static void MapApprovals(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("approvals")
            .WithTags("Approvals")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapGet("", ListApprovals).WithName("listApprovals").Gives<PageDocument<ApprovalDocument>>());
        Describe(group.MapGet("{id}", ReadApproval).WithName("readApproval").Gives<ApprovalDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapPost("decisions", DecideApprovals).WithName("decideApprovals").Takes<DecisionBody>()
            .Gives<ListDocument<DecisionDocument>>());

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Lists requests for approval</summary>
    /// <remarks>
    /// Oldest first, with what the certification requests say. They are dropped 30 days after they expired. Callers: administrators.
    /// </remarks>
    /// <param name="state">Only in this state; <c>pending</c> is the queue, without what has expired.</param>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="deviceId">Only for this device.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListApprovals(
        HttpContext context,
        [FromQuery, NamesOf(typeof(ApprovalState))] string? state,
        [FromQuery] string? group,
        [FromQuery] string? deviceId,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        IApprovalStore approvals,
        ClockGuard clock,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "state", "group", "deviceId", "limit", "cursor");
        var query = new ApprovalQuery
        {
            State = read.Name<ApprovalState>("state", state),
            Now = clock.LastBelieved(),
            Group = read.Holder("group", group),
            DeviceId = read.Prefix("deviceId", deviceId),
            Limit = read.Limit(limit),
            Cursor = read.Cursor(cursor),
        };
        return (read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<PageDocument<ApprovalDocument>>(
                PageDocument<ApprovalDocument>.Of(await approvals.ListApprovalsAsync(query, ct), ApprovalDocument.Of));
    }

    /// <summary>Reads a request for approval</summary>
    /// <remarks>Callers: administrators.</remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The request.</param>
    internal static async Task<IResult> ReadApproval(HttpContext context, string id, IApprovalStore approvals, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return await approvals.FindApprovalAsync(id, ct) is { } request
            ? new JsonAnswer<ApprovalDocument>(ApprovalDocument.Of(request))
            : new ProblemAnswer(new Refusal(RefusalCode.NotFound, "There is no such request."));
    }

    /// <summary>Approves or denies requests</summary>
    /// <remarks>
    /// One or many; each is answered by itself. An approval is for exactly that request: another key, certification request,
    /// attribute or version of the group wants another one. It can be taken back, by denying the request, until its certificate is
    /// issued. Nobody approves a request of their own. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> DecideApprovals(
        HttpContext context, IApprovalStore approvals, ClockGuard clock, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } unread)
            return new ProblemAnswer(unread);
        var read = await RequestBody.ReadJsonAsync<DecisionBody>(context.Request, ct, RequestBody.MaxListLength);
        if (!read.TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (body.Ids.Count is 0 or > MaxDecisions || body.Ids.Any(id => id is null || id.Any(char.IsControl)))
            return new ProblemAnswer(RestErrors.Malformed($"1 to {MaxDecisions} requests are decided at once.", "/ids"));
        if (FreeText.Check(body.Reason, MaxReason) is { } badReason) return new ProblemAnswer(RestErrors.Malformed(badReason, "/reason"));

        var (actor, now) = (context.CallerOf().Actor, clock.LastBelieved());
        var decided = await Task.WhenAll(body.Ids.Select(async id =>
            DecisionDocument.Of(id, await approvals.DecideAsync(id, body.Approve, body.Approve ? null : body.Reason, actor, now, ct))));
        return new JsonAnswer<ListDocument<DecisionDocument>>(new ListDocument<DecisionDocument> { Items = decided });
    }
}
