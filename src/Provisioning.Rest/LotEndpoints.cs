using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/lots</c>: production orders.</summary>
internal static class LotEndpoints
{
    internal static void MapLots(this IEndpointRouteBuilder routes)
    {
        var lots = routes.MapGroup("lots").WithTags("Lots");
        ForAdministrators(lots.MapPost("", OpenLot).WithName("openLot").Takes<LotBody>().Gives<LotDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadLot, RefusalCode.AlreadyExists));
        ForAdministrators(lots.MapGet("", ListLots).WithName("listLots").Gives<PageDocument<LotDocument>>());
        ForStations(lots.MapGet("{name}", ReadLot).WithName("readLot").WithMetadata(new VersionFacts(false, false)).Gives<LotDocument>().Refuses(RefusalCode.NotFound));
        ForAdministrators(lots.MapPut("{name}", ChangeLot).WithName("changeLot").WithMetadata(new VersionFacts(true, false)).Takes<LotChangeBody>().Gives<LotDocument>()
            .Refuses(RefusalCode.BadLot, RefusalCode.NotFound, RefusalCode.LotClosed, RefusalCode.PreconditionFailed, RefusalCode.PreconditionRequired));
        ForAdministrators(lots.MapPost("{name}/units", ListLotUnits).WithName("listLotUnits").Takes<LotListBody>().Gives<LotDocument>()
            .Refuses(RefusalCode.BadLot, RefusalCode.NotFound, RefusalCode.LotClosed));
        ForAdministrators(lots.MapGet("{name}/units", ReadLotUnits).WithName("readLotUnits")
            .GivesStream<LotUnitDocument>(MediaTypes.Lines).RefusesStatus(406).Refuses(RefusalCode.NotFound));
        ForStations(lots.MapPost("{name}/scrap", ScrapUnits).WithName("scrapUnits").Takes<ScrapBody>().Gives<ScrapDocument>()
            .Refuses(RefusalCode.BadLot, RefusalCode.NotFound));
        ForAdministrators(Signed(lots.MapPost("{name}/closure", CloseLot).WithName("closeLot")));
        ForAdministrators(Signed(lots.MapGet("{name}/report", ReadLotReport).WithName("readLotReport")));

        static void ForAdministrators(RouteHandlerBuilder route) =>
            Describe(route.RequireAuthorization(policy => policy.RequireRole(Roles.Administrator)));

        static void ForStations(RouteHandlerBuilder route) => Describe(route
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator, Roles.Registrar)).Refuses(RefusalCode.OutsideScope));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);

        static RouteHandlerBuilder Signed(RouteHandlerBuilder route) => route
            .Produces<JsonElement>(StatusCodes.Status200OK, MediaTypes.Json, MediaTypes.Jose).RefusesStatus(406)
            .Refuses(RefusalCode.NotFound, RefusalCode.RequestInProgress, RefusalCode.AuthorityUnavailable)
            .Refuses(RefusalCode.ClockRegressed, RefusalCode.ClockSuspect);
    }

    /// <summary>Opens a lot</summary>
    /// <remarks>
    /// A production order: so many units of a group, within a window. Requests to enroll name it, and count against its quota.
    /// More than 10 000 listed units are added page by page, before the window opens or while it lasts. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> OpenLot(HttpContext context, LotService lots, TimeProvider time, CancellationToken ct)
    {
        var read = await ReadAsync<LotBody>(context, ct);
        if (!read.TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (!body.ToDefinition().TryGet(out var definition, out problem)) return new ProblemAnswer(problem);
        var opened = await lots.OpenAsync(body.Name, definition, body.Units?.List, context.CallerOf(), ct);
        if (!opened.TryGet(out var lot, out var refusal)) return Refuse(context, refusal);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/lots/{lot.Name}";
        return Answer(context, new LotStatus(lot, 0), time);
    }

    /// <summary>Lists lots</summary>
    /// <remarks>Newest first. Callers: administrators.</remarks>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="state">Only in this state.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListLots(
        HttpContext context,
        [FromQuery] string? group,
        [FromQuery, NamesOf(typeof(LotState))] string? state,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        LotService lots,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "group", "state", "limit", "cursor");
        var now = time.GetUtcNow();
        var query = new LotQuery
        {
            Group = read.Holder("group", group),
            State = read.Name<LotState>("state", state),
            At = now,
            Limit = read.Limit(limit),
            Cursor = read.Cursor(cursor),
        };
        return (read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<PageDocument<LotDocument>>(
                PageDocument<LotDocument>.Of(await lots.ListAsync(query, ct), status => LotDocument.Of(status, now)));
    }

    /// <summary>Reads a lot</summary>
    /// <remarks>
    /// What was ordered, and how far it is; the ETag names the revision. Callers: administrators, and the registrars that the lot names as
    /// its stations, or that have it in their scope.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> ReadLot(HttpContext context, string name, LotService lots, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        return (await lots.FindAsync(name, context.CallerOf(), ct)).TryGet(out var status, out var refusal)
            ? Answer(context, status, time)
            : new ProblemAnswer(refusal);
    }

    /// <summary>Changes a lot</summary>
    /// <remarks>
    /// As a whole, until it is closed. Requests that are on their way are decided again. With <c>If-Match</c> and the ETag that was
    /// read, so that nobody's change is lost, or <c>If-Match: *</c>. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> ChangeLot(HttpContext context, string name, LotService lots, TimeProvider time, CancellationToken ct)
    {
        if (!Precondition.Require(context.Request).TryGet(out var expected, out var problem)) return new ProblemAnswer(problem);
        if (!(await ReadAsync<LotChangeBody>(context, ct)).TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        if (!body.ToDefinition().TryGet(out var definition, out problem)) return new ProblemAnswer(problem);
        var changed = await lots.ChangeAsync(name, definition, expected.Expected, context.CallerOf(), ct);
        return await AnswerAsync(context, changed, lots, time, ct);
    }

    /// <summary>Puts units on the list of a lot</summary>
    /// <remarks>
    /// At most 10 000 at once, until the lot is closed, and never more in all than are ordered, and one for each scrapped unit. The same
    /// page again changes nothing. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> ListLotUnits(HttpContext context, string name, LotService lots, TimeProvider time, CancellationToken ct)
    {
        if (!(await ReadAsync<LotListBody>(context, ct)).TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (NullValues.First("/list", body.List) is { } noUnit) return new ProblemAnswer(noUnit);
        return await AnswerAsync(context, await lots.ListUnitsAsync(name, body.List, context.CallerOf(), ct), lots, time, ct);
    }

    /// <summary>Reads the units of a lot</summary>
    /// <remarks>
    /// Every unit that was enrolled or listed, as lines of JSON (<c>deviceId</c>, <c>state</c>), sorted by ID. Of a closed lot, its SHA-256
    /// stands in the report. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> ReadLotUnits(
        HttpContext context, string name, LotService lots, ILotStore store, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckLines(context.Request)) is { } problem) return new ProblemAnswer(problem);
        return (await lots.FindAsync(name, context.CallerOf(), ct)).TryGet(out _, out var refusal)
            ? new UnitsAnswer(store.StreamUnitsAsync(name, ct))
            : new ProblemAnswer(refusal);
    }

    /// <summary>Reports scrapped units</summary>
    /// <remarks>
    /// Each unit by itself: the device is decommissioned, its certificates are revoked (cessationOfOperation), and another unit may be
    /// enrolled in its place. A unit that was reported before stays as it is. One that is refused has the code: <c>not-in-lot</c>,
    /// <c>not-enrolled</c>, <c>request-in-progress</c>, <c>lot-closed</c>, <c>bad-device-id</c> or <c>outside-scope</c>. Callers: administrators, and the registrars that the lot
    /// names as its stations, or that have it in their scope.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> ScrapUnits(HttpContext context, string name, LotScrapping scrapping, CancellationToken ct)
    {
        if (!(await ReadAsync<ScrapBody>(context, ct)).TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (NullValues.First("/units", body.Units) is { } noUnit) return new ProblemAnswer(noUnit);
        var scrapped = await scrapping.ScrapAsync(name, [.. body.Units.Select(unit => unit.ToRequest())], context.CallerOf(), ct);
        return scrapped.TryGet(out var outcomes, out var refusal)
            ? new JsonAnswer<ScrapDocument>(new ScrapDocument
            {
                Items = [.. outcomes.Zip(body.Units, (outcome, unit) => ScrappedUnitDocument.Of(unit.DeviceId, outcome))],
            })
            : Refuse(context, refusal);
    }

    /// <summary>Closes a lot</summary>
    /// <remarks>
    /// For ever: nothing is enrolled for it, scrapped or changed any more. Gives the reconciliation, signed (JWS), or what it says as
    /// JSON. Closing it again gives the same. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> CloseLot(HttpContext context, string name, LotClosing closing)
    {
        if (new QueryReader(context.Request).Problem is { } badQuery) return new ProblemAnswer(badQuery);
        if (!AnswerForms.ChooseSigned(context.Request).TryGet(out var form, out var problem)) return new ProblemAnswer(problem);
        return Answer(await closing.CloseAsync(name, context.CallerOf()), form);
    }

    /// <summary>Reads the report of a closed lot</summary>
    /// <remarks>
    /// The octets that were signed when it was closed (JWS), which anybody verifies with the root certificate alone; or what they say, as
    /// JSON. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="PO-4711">The lot.</param>
    internal static async Task<IResult> ReadLotReport(HttpContext context, string name, LotClosing closing, CancellationToken ct)
    {
        if (new QueryReader(context.Request).Problem is { } badQuery) return new ProblemAnswer(badQuery);
        if (!AnswerForms.ChooseSigned(context.Request).TryGet(out var form, out var problem)) return new ProblemAnswer(problem);
        return Answer(await closing.FindAsync(name, ct), form);
    }

    private static async Task<Checked<T>> ReadAsync<T>(HttpContext context, CancellationToken ct)
        where T : class =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? problem
            : await RequestBody.ReadJsonAsync<T>(context.Request, ct, RequestBody.MaxListLength);

    private static async Task<IResult> AnswerAsync(
        HttpContext context, Outcome<Lot> changed, LotService lots, TimeProvider time, CancellationToken ct)
    {
        // What was changed is told with what is counted.
        if (changed.TryGet(out var lot, out var refusal) && (await lots.FindAsync(lot.Name, context.CallerOf(), ct)).TryGet(out var status, out refusal))
            return Answer(context, status with { Lot = lot }, time);
        return Refuse(context, refusal);
    }

    // A field of the body is named only where one is meant: the lot itself is in the path.
    private static ProblemAnswer Refuse(HttpContext context, Refusal refusal) =>
        new(refusal.Field is null ? RestErrors.Of(refusal) : RestErrors.Of(refusal, context.Request));

    private static IResult Answer(Outcome<string> report, AnswerForm form) =>
        report.TryGet(out var signed, out var refusal) ? new ReportAnswer(signed, form) : new ProblemAnswer(refusal);

    private static JsonAnswer<LotDocument> Answer(HttpContext context, LotStatus status, TimeProvider time)
    {
        Precondition.SetTag(context.Response, status.Lot.Revision);
        return new JsonAnswer<LotDocument>(LotDocument.Of(status, time.GetUtcNow()));
    }
}
