using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Webhooks;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Webhooks;

/// <summary><c>/api/v1/webhooks</c>: receivers that events are brought to.</summary>
internal static class WebhookEndpoints
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such webhook.");

    internal static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("webhooks")
            .WithTags("Webhooks")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapGet("", ListWebhooks).WithName("listWebhooks").Gives<ListDocument<WebhookDocument>>());
        Describe(group.MapPost("", AddWebhook).WithName("addWebhook").Takes<NewWebhookBody>()
            .Gives<WebhookDocument>(StatusCodes.Status201Created).Refuses(RefusalCode.BadWebhook, RefusalCode.FeedPositionAhead));
        Describe(group.MapGet("{id}", ReadWebhook).WithName("readWebhook").WithMetadata(new VersionFacts(false, false)).Gives<WebhookDocument>()
            .Refuses(RefusalCode.NotFound));
        Describe(group.MapPut("{id}", ChangeWebhook).WithName("changeWebhook").WithMetadata(new VersionFacts(true, false)).Takes<WebhookBody>()
            .Gives<WebhookDocument>()
            .Refuses(RefusalCode.NotFound, RefusalCode.BadWebhook, RefusalCode.PreconditionFailed, RefusalCode.PreconditionRequired));
        Describe(group.MapDelete("{id}", RemoveWebhook).WithName("removeWebhook").WithMetadata(new VersionFacts(true, false)).Gives<WebhookDocument>()
            .Refuses(RefusalCode.NotFound, RefusalCode.PreconditionFailed));
        Describe(group.MapPost("{id}/secret", RotateSecret).WithName("rotateWebhookSecret").WithMetadata(new VersionFacts(true, false))
            .Takes<WebhookSecretBody>().Gives<WebhookDocument>().Refuses(RefusalCode.NotFound, RefusalCode.BadWebhook, RefusalCode.PreconditionFailed));
        Describe(group.MapPost("{id}/resumption", ResumeWebhook).WithName("resumeWebhook").WithMetadata(new VersionFacts(true, false))
            .Gives<WebhookDocument>().Refuses(RefusalCode.NotFound, RefusalCode.BadWebhook, RefusalCode.PreconditionFailed));
        Describe(group.MapPost("{id}/test", TestWebhook).WithName("testWebhook").Gives<WebhookDeliveryDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapGet("{id}/deliveries", ListDeliveries).WithName("listWebhookDeliveries").Gives<PageDocument<WebhookDeliveryDocument>>()
            .Refuses(RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Lists the webhooks</summary>
    /// <remarks>Oldest first, without their secrets. Callers: administrators.</remarks>
    internal static async Task<IResult> ListWebhooks(HttpContext context, IWebhookStore store, CancellationToken ct) =>
        CheckPlain(context) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<ListDocument<WebhookDocument>>(new ListDocument<WebhookDocument>
            {
                Items = [.. (await store.ListWebhooksAsync(ct)).Select(WebhookDocument.Of)],
            });

    /// <summary>Makes a webhook</summary>
    /// <remarks>
    /// Its secret is in this answer and nowhere else. Each event is posted as a CloudEvent (<c>application/cloudevents+json</c>), in order, until it
    /// is answered with 2xx; at least once, with the same <c>webhook-id</c> each time. Messages are signed as Standard Webhooks has it:
    /// <c>webhook-signature</c> is <c>v1,</c> and the base64 of HMAC-SHA-256, with the octets of the secret, over <c>webhook-id</c>, a dot,
    /// <c>webhook-timestamp</c>, a dot, and the body; two of them with a space between them while a secret is replaced. A receiver compares it in
    /// constant time, and refuses timestamps that are more than 5 minutes off. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> AddWebhook(HttpContext context, WebhookService webhooks, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<NewWebhookBody>(context.Request, ct)).TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        if (body.Since < 0) return new ProblemAnswer(RestErrors.Of(new Refusal(RefusalCode.BadWebhook, "It is a number from 0.") { Field = "/since" }));
        if (!(await webhooks.AddAsync(body.ToDefinition(), body.Since, context.CallerOf(), ct)).TryGet(out var made, out var refusal))
            return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/webhooks/{made.Webhook.Id}";
        return Answer(context, made.Webhook, made.Secret);
    }

    /// <summary>Reads a webhook</summary>
    /// <remarks>Without its secret. Callers: administrators.</remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    internal static async Task<IResult> ReadWebhook(HttpContext context, string id, IWebhookStore store, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        return await FindAsync(store, id, ct) is { } webhook ? Answer(context, webhook) : new ProblemAnswer(NotFound);
    }

    /// <summary>Changes a webhook</summary>
    /// <remarks>
    /// What was failing or given up is tried again at once, where it was. With <c>If-Match</c> and the ETag that was read, or <c>If-Match: *</c>.
    /// Callers: administrators.
    /// </remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    internal static async Task<IResult> ChangeWebhook(HttpContext context, string id, WebhookService webhooks, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        if (!Precondition.Require(context.Request).TryGet(out var expected, out problem)) return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<WebhookBody>(context.Request, ct)).TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        return Answer(context, await webhooks.ChangeAsync(Plain(id), body.ToDefinition(), expected.Expected, context.CallerOf(), ct));
    }

    /// <summary>Takes a webhook away</summary>
    /// <remarks>With its deliveries. With <c>If-Match</c>, only that version of it. Callers: administrators.</remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    internal static async Task<IResult> RemoveWebhook(HttpContext context, string id, IWebhookStore store, ClockGuard clock, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        if (!Precondition.Read(context.Request).TryGet(out var expected, out problem)) return new ProblemAnswer(problem);
        return Answer(context, await store.RemoveWebhookAsync(Plain(id), expected.Expected, context.CallerOf().Actor, clock.LastBelieved(), ct));
    }

    /// <summary>Gives a webhook another secret</summary>
    /// <remarks>
    /// The new one is in this answer and nowhere else. For a while, messages are signed with both, so that the receiver can change over in peace;
    /// after a theft, say <c>PT0S</c>. Callers: administrators.
    /// </remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    internal static async Task<IResult> RotateSecret(HttpContext context, string id, WebhookService webhooks, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        if (!Precondition.Read(context.Request).TryGet(out var expected, out problem)) return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<WebhookSecretBody>(context.Request, ct)).TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        var overlap = TimeSpan.FromDays(1);
        if (body.Overlap is not null && !Durations.TryParse(body.Overlap, out overlap))
            return new ProblemAnswer(RestErrors.Of(new Refusal(RefusalCode.BadWebhook, Durations.Rule) { Field = "/overlap" }));
        return (await webhooks.RotateAsync(Plain(id), overlap, expected.Expected, context.CallerOf(), ct)).TryGet(out var made, out var refusal)
            ? Answer(context, made.Webhook, made.Secret)
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }

    /// <summary>Resumes a webhook that was given up</summary>
    /// <remarks>It is brought what it has not taken, in order, from where it was. Callers: administrators.</remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    internal static async Task<IResult> ResumeWebhook(HttpContext context, string id, IWebhookStore store, WebhookService webhooks, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        if (!Precondition.Read(context.Request).TryGet(out var expected, out problem)) return new ProblemAnswer(problem);
        if (await FindAsync(store, id, ct) is not { } webhook) return new ProblemAnswer(NotFound);
        return Answer(context, await webhooks.ChangeAsync(id, webhook.Definition, expected.Expected ?? webhook.Revision, context.CallerOf(), ct));
    }

    /// <summary>Tries a webhook</summary>
    /// <remarks>
    /// Sends a message of the type <c>provisioning.test</c> at once, once, also to one that is disabled or given up, and tells what came of it.
    /// Callers: administrators.
    /// </remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    internal static async Task<IResult> TestWebhook(
        HttpContext context, string id, IWebhookStore store, WebhookService webhooks, PublicAddresses addresses, CancellationToken ct)
    {
        if (CheckPlain(context) is { } problem) return new ProblemAnswer(problem);
        return await FindAsync(store, id, ct) is { } webhook
            ? new JsonAnswer<WebhookDeliveryDocument>(WebhookDeliveryDocument.Of(await webhooks.TestAsync(webhook, addresses.EventSource, ct)))
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Lists what was brought to a webhook</summary>
    /// <remarks>Every try, newest first; the last 200 are kept. Callers: administrators.</remarks>
    /// <param name="id" example="5D0C7A3B19E84F62A7D1C3B5E9F20846">The webhook.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListDeliveries(
        HttpContext context, string id, [FromQuery] string? limit, [FromQuery] string? cursor, IWebhookStore store, CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        return await FindAsync(store, id, ct) is null
            ? new ProblemAnswer(NotFound)
            : new JsonAnswer<PageDocument<WebhookDeliveryDocument>>(PageDocument<WebhookDeliveryDocument>.Of(
                await store.ListDeliveriesAsync(id, rows, place, ct), WebhookDeliveryDocument.Of));
    }

    private static Problem? CheckPlain(HttpContext context) => new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);

    // PostgreSQL takes no NUL; no ID has one.
    private static string Plain(string id) => id.Replace("\0", "", StringComparison.Ordinal);

    private static ValueTask<Webhook?> FindAsync(IWebhookStore store, string id, CancellationToken ct) => store.FindWebhookAsync(Plain(id), ct);

    private static IResult Answer(HttpContext context, Outcome<Webhook> outcome) => outcome.TryGet(out var webhook, out var refusal)
        ? Answer(context, webhook)
        : new ProblemAnswer(RestErrors.Of(refusal, context.Request));

    private static JsonAnswer<WebhookDocument> Answer(HttpContext context, Webhook webhook, string? secret = null)
    {
        Precondition.SetTag(context.Response, webhook.Revision);
        return new JsonAnswer<WebhookDocument>(WebhookDocument.Of(webhook, secret));
    }
}
