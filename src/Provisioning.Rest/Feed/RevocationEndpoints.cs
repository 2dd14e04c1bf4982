using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Feed;

/// <summary><c>/api/v1/revocations</c>: what relying parties are told, as a list and live.</summary>
internal static class RevocationEndpoints
{
    private static readonly Refusal Ahead = new(
        RefusalCode.FeedPositionAhead,
        "This service has told nothing of that number yet. It was restored from a backup, or you came from another one: read everything again, since 0.");

    internal static void MapRevocations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("revocations")
            .WithTags("Revocations")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator, Roles.RelyingParty));
        Describe(group.MapGet("", ListRevocations).WithName("listRevocations").Gives<PageDocument<RevocationEventDocument>>());
        Describe(group.MapGet("stream", StreamRevocations).WithName("streamRevocations").GivesStream<RevocationEventDocument>(MediaTypes.Events)
            .Refuses(RefusalCode.TooManyStreams));

        static void Describe(RouteHandlerBuilder route) =>
            route.RefusesStrangers().Refuses(RefusalCode.FeedPositionAhead).Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Lists what was revoked, held and released</summary>
    /// <remarks>
    /// Oldest first, as CloudEvents, from behind the event <c>since</c>: for clients that cannot stream. Remember the <c>id</c> of the last one that
    /// was dealt with. Callers: administrators and relying parties.
    /// </remarks>
    /// <param name="since">Only what came behind this number; everything when it is left out.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListRevocations(
        HttpContext context,
        [FromQuery] string? since,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        IFeedStore feed,
        PublicAddresses addresses,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "since", "limit", "cursor");
        var (after, rows, place) = (read.Count("since", since), read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (after > await feed.ReadHeadAsync(ct)) return new ProblemAnswer(Ahead);
        var events = (await feed.ReadEventsAsync(place?.Number ?? after ?? 0, rows + 1, ct)).ToList();
        var page = events.Count > rows
            ? new Page<FeedEvent>(events[..rows], new Cursor(events[rows - 1].Sequence, ""))
            : new Page<FeedEvent>(events, null);
        return new JsonAnswer<PageDocument<RevocationEventDocument>>(PageDocument<RevocationEventDocument>.Of(
            page, told => RevocationEventDocument.Of(told, addresses)));
    }

    /// <summary>Tells what is revoked, held and released, as it happens</summary>
    /// <remarks>
    /// Server-sent events. The <c>id</c> of each is its number, the <c>data</c> a CloudEvent in one line of JSON. A client that comes back says the
    /// last number that it has dealt with, by <c>Last-Event-ID</c> or <c>since</c>, and misses nothing; without either, it hears what happens
    /// from now on. Comments come when there is nothing to tell (<c>Feed__Heartbeat</c>, 15 s): a client that hears nothing for twice as long
    /// connects anew. A reader that does not keep up, and a caller whose certificate is revoked, are cut off. Callers: administrators and
    /// relying parties.
    /// </remarks>
    /// <param name="lastEventId">The number of the last event that was dealt with; it counts before <c>since</c>.</param>
    /// <param name="since">The same, for clients that cannot set the header; 0 for everything.</param>
    internal static async Task<IResult> StreamRevocations(
        HttpContext context,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId,
        [FromQuery] string? since,
        IFeedStore feed,
        FeedSignal signal,
        FeedOptions options,
        StreamPlaces places,
        PublicAddresses addresses,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "since");
        var after = read.Count("Last-Event-ID", string.IsNullOrEmpty(lastEventId) ? null : lastEventId) ?? read.Count("since", since);
        if ((read.Problem ?? AnswerForms.CheckEvents(context.Request)) is { } problem) return new ProblemAnswer(problem);
        var head = await feed.ReadHeadAsync(ct);
        if (after > head) return new ProblemAnswer(Ahead);
        var caller = context.CallerOf();
        if (places.Enter(caller) is { } full) return new ProblemAnswer(full);
        FeedMetrics.Opened();
        var cause = "client";
        try
        {
            context.Response.ContentType = MediaTypes.Events;
            context.Response.Headers.CacheControl = "no-store";
            // nginx keeps an answer back until it has a page of it, unless it is told not to.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            cause = await new RevocationStream(context, feed, signal, options, places, addresses, time).RunAsync(after ?? head, lifetime.ApplicationStopping);
        }
        finally
        {
            places.Leave(caller);
            FeedMetrics.Closed(cause);
        }

        return Results.Empty;
    }
}
