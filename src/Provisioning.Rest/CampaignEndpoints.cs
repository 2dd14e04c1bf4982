using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/groups/{name}/campaigns</c>: all devices of a group renew out of turn.</summary>
internal static class CampaignEndpoints
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such campaign of this group.");

    internal static void MapCampaigns(this IEndpointRouteBuilder routes)
    {
        var campaigns = routes.MapGroup("groups/{name}/campaigns")
            .WithTags("Groups")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(campaigns.MapPost("", StartCampaign).WithName("startCampaign").Takes<CampaignBody>()
            .Gives<CampaignDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadCampaign, RefusalCode.CampaignRunning, RefusalCode.ClockRegressed, RefusalCode.ClockSuspect));
        Describe(campaigns.MapGet("", ListCampaigns).WithName("listCampaigns").Gives<PageDocument<CampaignDocument>>());
        Describe(campaigns.MapGet("{id}", ReadCampaign).WithName("readCampaign").Gives<CampaignDocument>());
        Describe(campaigns.MapGet("{id}/stragglers", ListStragglers).WithName("listStragglers").Gives<PageDocument<StragglerDocument>>());
        Describe(campaigns.MapDelete("{id}", StopCampaign).WithName("stopCampaign").Gives<CampaignDocument>());

        static void Describe(RouteHandlerBuilder route) =>
            route.RefusesStrangers().Refuses(RefusalCode.NotFound).Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Renews all devices of a group out of turn</summary>
    /// <remarks>
    /// Devices whose certificates are older than its begin are due between its begin and its end, each at a place of its own: they
    /// learn it from <c>GET /self</c>, and a renewal is then not too early. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps">The group.</param>
    internal static async Task<IResult> StartCampaign(
        HttpContext context, string name, CampaignService campaigns, ICampaignStore store, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<CampaignBody>(context.Request, ct)).TryGet(out var body, out problem)
            || !body.ToDefinition().TryGet(out var definition, out problem))
        {
            return new ProblemAnswer(problem);
        }

        var started = await campaigns.StartAsync(name, definition, context.CallerOf(), ct);
        if (!started.TryGet(out var campaign, out var refusal)) return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/groups/{campaign.Group}/campaigns/{campaign.Id}";
        return await AnswerAsync(campaign, store, time, ct);
    }

    /// <summary>Lists the campaigns of a group</summary>
    /// <remarks>Newest first. Callers: administrators.</remarks>
    /// <param name="name" example="pumps">The group.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListCampaigns(
        HttpContext context,
        string name,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        GroupCatalog groups,
        ICampaignStore store,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (groups.Find(name) is null) return new ProblemAnswer(new Refusal(RefusalCode.NotFound, "There is no such group."));
        var now = time.GetUtcNow();
        return new JsonAnswer<PageDocument<CampaignDocument>>(PageDocument<CampaignDocument>.Of(
            await store.ListCampaignsAsync(name, rows, place, ct), campaign => CampaignDocument.Of(campaign, now)));
    }

    /// <summary>Tells how far a campaign is</summary>
    /// <remarks>Callers: administrators.</remarks>
    /// <param name="name" example="pumps">The group.</param>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The campaign.</param>
    internal static async Task<IResult> ReadCampaign(
        HttpContext context, string name, string id, ICampaignStore store, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return await FindAsync(name, id, store, ct) is { } campaign
            ? await AnswerAsync(campaign, store, time, ct)
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Lists the devices that a campaign waits for</summary>
    /// <remarks>Those with the oldest certificates first. Callers: administrators.</remarks>
    /// <param name="name" example="pumps">The group.</param>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The campaign.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListStragglers(
        HttpContext context,
        string name,
        string id,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        ICampaignStore store,
        RenewalWindows windows,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        return await FindAsync(name, id, store, ct) is { } campaign
            ? new JsonAnswer<PageDocument<StragglerDocument>>(PageDocument<StragglerDocument>.Of(
                await store.ListStragglersAsync(campaign, time.GetUtcNow(), rows, place, ct), one => StragglerDocument.Of(one, windows)))
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Stops a campaign</summary>
    /// <remarks>
    /// The windows are again what they were, also those of the stragglers of one that is over; what was renewed stays renewed. One that was
    /// stopped stays what it is. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps">The group.</param>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The campaign.</param>
    internal static async Task<IResult> StopCampaign(
        HttpContext context, string name, string id, CampaignService campaigns, ICampaignStore store, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (await FindAsync(name, id, store, ct) is null) return new ProblemAnswer(NotFound);
        return (await campaigns.StopAsync(id, context.CallerOf(), ct)).TryGet(out var stopped, out var refusal)
            ? await AnswerAsync(stopped, store, time, ct)
            : new ProblemAnswer(refusal);
    }

    private static async ValueTask<Campaign?> FindAsync(string name, string id, ICampaignStore store, CancellationToken ct) =>
        !id.Contains('\0', StringComparison.Ordinal) && await store.FindCampaignAsync(id, ct) is { } campaign && campaign.Group == name
            ? campaign
            : null;

    private static async Task<IResult> AnswerAsync(Campaign campaign, ICampaignStore store, TimeProvider time, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return new JsonAnswer<CampaignDocument>(CampaignDocument.Of(campaign, now, await store.CountAsync(campaign, now, ct)));
    }
}
