using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Expiry;
using Provisioning.Core.Groups;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/devices/forecast</c>: what expires when.</summary>
internal static class ForecastEndpoints
{
    internal static void MapForecast(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("devices/forecast")
            .WithTags("Devices")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapGet("", ReadForecast).WithName("readForecast").Gives<ForecastDocument>());
        Describe(group.MapGet("devices", ListForecast).WithName("listForecast").Gives<PageDocument<ForecastEntryDocument>>());

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses(RefusalCode.NotFound).Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Tells what expires when</summary>
    /// <remarks>
    /// Per day and group: how many certificates that devices use end, and what is to be expected of them. The days on which nothing ends
    /// are left out. A device called `forecast` is found in the list of devices. Callers: administrators.
    /// </remarks>
    /// <param name="days">How many days, today included: 1 to 732, usually 30.</param>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="silentFor">
    /// An ISO 8601 duration: who was not seen for so long is unlikely to renew. Without it, silence before the window is no sign, because
    /// many devices call only to renew.
    /// </param>
    internal static async Task<IResult> ReadForecast(
        HttpContext context,
        [FromQuery] string? days,
        [FromQuery] string? group,
        [FromQuery] string? silentFor,
        ForecastService forecast,
        GroupCatalog groups,
        AuthorityDirectory authorities,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "days", "group", "silentFor");
        var query = Query(read, days, group, silentFor);
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (query.Group is { } name && groups.Find(name) is null) return new ProblemAnswer(NoGroup);
        var now = time.GetUtcNow();
        return new JsonAnswer<ForecastDocument>(new ForecastDocument
        {
            From = now,
            Days = [.. (await forecast.CountAsync(query, ct)).Select(ForecastDayDocument.Of)],
            Authorities = [.. authorities.All.Select(authority => Of(authority, now))],
        });
    }

    /// <summary>Lists the devices whose certificates end</summary>
    /// <remarks>Soonest first. Callers: administrators.</remarks>
    /// <param name="outlook">Only those of whom this is to be expected.</param>
    /// <param name="days">How many days, today included: 1 to 732, usually 30.</param>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="silentFor">As with the forecast.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListForecast(
        HttpContext context,
        [FromQuery, NamesOf(typeof(Outlook))] string? outlook,
        [FromQuery] string? days,
        [FromQuery] string? group,
        [FromQuery] string? silentFor,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        ForecastService forecast,
        GroupCatalog groups,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "outlook", "days", "group", "silentFor", "limit", "cursor");
        var query = Query(read, days, group, silentFor);
        var (only, rows, place) = (read.Name<Outlook>("outlook", outlook), read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (query.Group is { } name && groups.Find(name) is null) return new ProblemAnswer(NoGroup);
        return new JsonAnswer<PageDocument<ForecastEntryDocument>>(PageDocument<ForecastEntryDocument>.Of(
            await forecast.ListAsync(query, only, rows, place, ct), ForecastEntryDocument.Of));
    }

    private static Refusal NoGroup { get; } = new(RefusalCode.NotFound, "There is no such group.");

    private static ForecastQuery Query(QueryReader read, string? days, string? group, string? silentFor) => new(
        read.Number("days", days, 1, ForecastQuery.LongestDays) ?? ForecastQuery.UsualDays,
        read.Holder("group", group),
        read.Duration("silentFor", silentFor));

    private static ForecastAuthorityDocument Of(Authority authority, DateTimeOffset now) => new()
    {
        Name = authority.Name,
        NotAfter = authority.NotAfter,
        PercentLeft = (int)Math.Clamp((authority.NotAfter - now) / (authority.NotAfter - authority.NotBefore) * 100, 0, 100),
    };
}
