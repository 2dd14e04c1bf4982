using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Births;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/trust-anchors</c>: manufacturers, whose devices enroll themselves with their birth certificates.</summary>
internal static class TrustAnchorEndpoints
{
    // A CA certificate and those below it.
    private const int MaxBodyLength = 128 * 1024;

    internal static void MapTrustAnchors(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("trust-anchors")
            .WithTags("Births")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapPost("", RegisterTrustAnchor).WithName("registerTrustAnchor").Takes<TrustAnchorBody>()
            .Gives<TrustAnchorDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadName, RefusalCode.BadCredential, RefusalCode.UnknownGroup, RefusalCode.AlreadyExists));
        Describe(group.MapGet("", ListTrustAnchors).WithName("listTrustAnchors").Gives<ListDocument<TrustAnchorDocument>>());
        Describe(group.MapGet("{name}", ReadTrustAnchor).WithName("readTrustAnchor").Gives<TrustAnchorDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapPut("{name}/crl", TakeCrl).WithName("takeManufacturerCrl").WithMetadata(new RawBodyFacts(MediaTypes.Crl))
            .Gives<TrustAnchorDocument>().RefusesStatus(415)
            .Refuses(RefusalCode.Malformed, RefusalCode.TooLarge, RefusalCode.NotFound, RefusalCode.BadCrl, RefusalCode.ClockRegressed, RefusalCode.ClockSuspect));
        Describe(group.MapDelete("{name}", WithdrawTrustAnchor).WithName("withdrawTrustAnchor").Gives<TrustAnchorDocument>()
            .Refuses(RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Registers a manufacturer</summary>
    /// <remarks>
    /// Devices with a certificate of this authority (IDevID, IEEE 802.1AR) enroll themselves from then on, each as the device that its
    /// serial number names, and as no other. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> RegisterTrustAnchor(HttpContext context, TrustAnchorService anchors, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } badQuery)
            return new ProblemAnswer(badQuery);
        var read = await RequestBody.ReadJsonAsync<TrustAnchorBody>(context.Request, ct, MaxBodyLength);
        if (!read.TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (!body.ToDefinition().TryGet(out var definition, out problem)) return new ProblemAnswer(problem);
        var registered = await anchors.RegisterAsync(body.Name, definition, context.CallerOf(), ct);
        if (!registered.TryGet(out var anchor, out var refusal)) return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/trust-anchors/{anchor.Name}";
        return new JsonAnswer<TrustAnchorDocument>(TrustAnchorDocument.Of(anchor));
    }

    /// <summary>Lists the manufacturers</summary>
    /// <remarks>By name, withdrawn ones too. Callers: administrators.</remarks>
    internal static IResult ListTrustAnchors(HttpContext context, TrustAnchorService anchors) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<ListDocument<TrustAnchorDocument>>(new ListDocument<TrustAnchorDocument>
            {
                Items = [.. anchors.All.Select(TrustAnchorDocument.Of)],
            });

    /// <summary>Reads a manufacturer</summary>
    /// <remarks>Callers: administrators.</remarks>
    /// <param name="name" example="acme-idevid">The trust anchor.</param>
    internal static IResult ReadTrustAnchor(HttpContext context, string name, TrustAnchorService anchors) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : Answer(anchors.Find(name));

    /// <summary>Brings a CRL of a manufacturer</summary>
    /// <remarks>
    /// Of the trust anchor or an authority below it, DER or PEM, at most 4 MiB; newer than the one before. What it lists is refused
    /// from the next request on. It is never fetched. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="acme-idevid">The trust anchor.</param>
    internal static async Task<IResult> TakeCrl(HttpContext context, string name, TrustAnchorService anchors, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } badQuery)
            return new ProblemAnswer(badQuery);
        if (RequestBody.MediaTypeOf(context.Request) != MediaTypes.Crl)
            return new ProblemAnswer(RequestBody.UnsupportedMediaType("Send " + MediaTypes.Crl));
        var read = await RequestBody.ReadAsync(context.Request, ct, TrustAnchorService.MaxCrlLength);
        return read.TryGet(out var body, out var problem)
            ? Answer(await anchors.TakeCrlAsync(name, body, context.CallerOf(), ct))
            : new ProblemAnswer(problem);
    }

    /// <summary>Withdraws a manufacturer</summary>
    /// <remarks>
    /// For ever: none of its devices enrolls any more, also on open connections. Those that were enrolled keep their certificates.
    /// Callers: administrators.
    /// </remarks>
    /// <param name="name" example="acme-idevid">The trust anchor.</param>
    internal static async Task<IResult> WithdrawTrustAnchor(
        HttpContext context, string name, TrustAnchorService anchors, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : Answer(await anchors.WithdrawAsync(name, context.CallerOf(), ct));

    private static IResult Answer(Outcome<TrustAnchor> outcome) => outcome.TryGet(out var anchor, out var refusal)
        ? new JsonAnswer<TrustAnchorDocument>(TrustAnchorDocument.Of(anchor))
        : new ProblemAnswer(refusal);
}
