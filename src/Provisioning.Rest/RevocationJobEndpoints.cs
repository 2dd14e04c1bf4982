using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/revocation-jobs</c>: the revocation of many certificates at once.</summary>
internal static class RevocationJobEndpoints
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such revocation job.");

    internal static void MapRevocationJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("revocation-jobs")
            .WithTags("Certificates")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(jobs.MapPost("preview", PreviewRevocationJob).WithName("previewRevocationJob").Takes<RevocationOrderBody>()
            .Gives<RevocationPreviewDocument>()
            .Refuses(RefusalCode.BadRevocationJob, RefusalCode.BadReason, RefusalCode.NotFound, RefusalCode.RecordDamaged));
        Describe(jobs.MapPost("", ConfirmRevocationJob).WithName("confirmRevocationJob").Takes<RevocationConfirmationBody>()
            .Gives<RevocationJobDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadConfirmation, RefusalCode.CountChanged, RefusalCode.RecordDamaged));
        Describe(jobs.MapGet("", ListRevocationJobs).WithName("listRevocationJobs").Gives<PageDocument<RevocationJobDocument>>());
        Describe(jobs.MapGet("{id}", ReadRevocationJob).WithName("readRevocationJob").Gives<RevocationJobDocument>()
            .Refuses(RefusalCode.NotFound, RefusalCode.RecordDamaged));
        Describe(jobs.MapPost("{id}/approval", ApproveRevocationJob).WithName("approveRevocationJob")
            .Gives<RevocationJobDocument>()
            .Refuses(RefusalCode.NotFound, RefusalCode.NotAllowed, RefusalCode.BadConfirmation, RefusalCode.CountChanged, RefusalCode.RecordDamaged));
        Describe(jobs.MapDelete("{id}", StopRevocationJob).WithName("stopRevocationJob").Gives<RevocationJobDocument>().Refuses(RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Tells what a revocation job would do</summary>
    /// <remarks>
    /// Changes nothing. The token in the answer makes a job of exactly this within 15 minutes. Certificates of authorities, administrators
    /// and registrars are never concerned. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> PreviewRevocationJob(HttpContext context, RevocationJobService jobs, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        var read = await RequestBody.ReadJsonAsync<RevocationOrderBody>(context.Request, ct, RequestBody.MaxListLength);
        if (!read.TryGet(out var body, out problem) || !body.ToOrder().TryGet(out var order, out problem)) return new ProblemAnswer(problem);
        return (await jobs.PreviewAsync(order, context.CallerOf(), ct)).TryGet(out var preview, out var refusal)
            ? new JsonAnswer<RevocationPreviewDocument>(RevocationPreviewDocument.Of(preview))
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }

    /// <summary>Revokes or releases many certificates</summary>
    /// <remarks>
    /// A job works on it, a thousand certificates at a time, each with its audit entry; it goes on by itself after the service was
    /// interrupted. It concerns what was on record when it began, and what is renewed from that while it runs. The same token again gives the
    /// same job. When many more certificates are concerned than were previewed, it is refused. Callers: the administrator who has previewed it.
    /// </remarks>
    internal static async Task<IResult> ConfirmRevocationJob(
        HttpContext context, RevocationJobService jobs, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<RevocationConfirmationBody>(context.Request, ct)).TryGet(out var body, out problem))
            return new ProblemAnswer(problem);
        var confirmed = await jobs.ConfirmAsync(body.ConfirmationToken, context.CallerOf(), ct);
        if (!confirmed.TryGet(out var job, out var refusal)) return new ProblemAnswer(refusal);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/revocation-jobs/{job.Id}";
        return new JsonAnswer<RevocationJobDocument>(RevocationJobDocument.Of(job, time.GetUtcNow()));
    }

    /// <summary>Lists revocation jobs</summary>
    /// <remarks>Newest first. Callers: administrators.</remarks>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListRevocationJobs(
        HttpContext context, [FromQuery] string? limit, [FromQuery] string? cursor, IRevocationJobStore store, TimeProvider time, CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        var now = time.GetUtcNow();
        return new JsonAnswer<PageDocument<RevocationJobDocument>>(PageDocument<RevocationJobDocument>.Of(
            await store.ListJobsAsync(rows, place, ct), job => RevocationJobDocument.Of(job, now)));
    }

    /// <summary>Tells how far a revocation job is</summary>
    /// <remarks>Callers: administrators.</remarks>
    /// <param name="id" example="8A1F6C0B57D94E238B1C4D7E90A2F365">The job.</param>
    internal static async Task<IResult> ReadRevocationJob(
        HttpContext context, string id, IRevocationJobStore store, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return CanBe(id) && await store.FindJobAsync(id, ct) is { } job
            ? new JsonAnswer<RevocationJobDocument>(RevocationJobDocument.Of(job, time.GetUtcNow()))
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Agrees to a large revocation job</summary>
    /// <remarks>
    /// It then begins. One that has begun already stays what it is. One that has waited for a week is stopped by itself, and one that concerns many more
    /// certificates than were previewed does not begin. Callers: another administrator than the one who has confirmed it.
    /// </remarks>
    /// <param name="id" example="8A1F6C0B57D94E238B1C4D7E90A2F365">The job.</param>
    internal static Task<IResult> ApproveRevocationJob(
        HttpContext context, string id, RevocationJobService jobs, TimeProvider time, CancellationToken ct) =>
        ChangeAsync(context, id, caller => jobs.ApproveAsync(id, caller, ct), time);

    /// <summary>Stops a revocation job</summary>
    /// <remarks>
    /// What was revoked stays revoked. One that is over stays what it is. A job whose record is damaged, which the list leaves out and the log
    /// names, can be stopped too. Callers: administrators.
    /// </remarks>
    /// <param name="id" example="8A1F6C0B57D94E238B1C4D7E90A2F365">The job.</param>
    internal static Task<IResult> StopRevocationJob(
        HttpContext context, string id, RevocationJobService jobs, TimeProvider time, CancellationToken ct) =>
        ChangeAsync(context, id, caller => jobs.StopAsync(id, caller, ct), time);

    private static async Task<IResult> ChangeAsync(
        HttpContext context, string id, Func<Caller, Task<Outcome<RevocationJob>>> change, TimeProvider time)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (!CanBe(id)) return new ProblemAnswer(NotFound);
        return (await change(context.CallerOf())).TryGet(out var job, out var refusal)
            ? new JsonAnswer<RevocationJobDocument>(RevocationJobDocument.Of(job, time.GetUtcNow()))
            : new ProblemAnswer(refusal);
    }

    // PostgreSQL keeps every character but this one.
    private static bool CanBe(string id) => !id.Contains('\0', StringComparison.Ordinal);
}
