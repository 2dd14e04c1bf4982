using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Manifests;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/manifests</c> and <c>/api/v1/manifest-signers</c>: devices that are expected with a certain key.</summary>
internal static class ManifestEndpoints
{
    // About 20 000 secure elements with their certificates; larger files come in parts.
    private const long MaxLength = 64 << 20;
    private const int MaxPem = 16 * 1024;

    internal static void MapManifests(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Manifests").RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapPost("manifests", ImportManifest).WithName("importManifest")
            .WithMetadata(new RawBodyFacts(MediaTypes.Json)).Gives<ManifestReportDocument>().RefusesStatus(415)
            .Refuses(RefusalCode.Malformed, RefusalCode.TooLarge, RefusalCode.UnknownGroup, RefusalCode.NotFound, RefusalCode.BadDeviceId)
            .Refuses(RefusalCode.BadManifest, RefusalCode.ClockRegressed, RefusalCode.ClockSuspect));
        Describe(group.MapPost("manifest-signers", AddManifestSigner).WithName("addManifestSigner").Takes<ManifestSignerBody>()
            .Gives<ManifestSignerDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadName, RefusalCode.BadCredential, RefusalCode.AlreadyExists));
        Describe(group.MapGet("manifest-signers", ListManifestSigners).WithName("listManifestSigners")
            .Gives<ListDocument<ManifestSignerDocument>>());
        Describe(group.MapDelete("manifest-signers/{name}", WithdrawManifestSigner).WithName("withdrawManifestSigner")
            .Gives<ManifestSignerDocument>().Refuses(RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Imports a manifest</summary>
    /// <remarks>
    /// Registers devices, each bound to the only key that it may come with, from a signed manifest of secure elements as Microchip
    /// writes it, of a registered signer. At most 64 MiB. Good elements are kept, each bad one is told; to send the same again is safe.
    /// What is in no signed manifest is imported with <c>PUT /api/v1/imports/{importId}</c>, keys too. Callers: administrators.
    /// </remarks>
    /// <param name="group">The enrollment group.</param>
    /// <param name="claimBatch">The claim batch that may claim them.</param>
    /// <param name="deviceId">The device ID, with <c>${uniqueId}</c> in it, which alone is usual.</param>
    /// <param name="keyId">Which key (<c>kid</c>) the device will come with; usually 0.</param>
    internal static async Task<IResult> ImportManifest(
        HttpContext context,
        [FromQuery] string? group,
        [FromQuery] string? claimBatch,
        [FromQuery] string? deviceId,
        [FromQuery] string? keyId,
        ManifestService manifests,
        CancellationToken ct)
    {
        var request = context.Request;
        var read = new QueryReader(request, "group", "claimBatch", "deviceId", "keyId");
        if ((read.Problem ?? AnswerForms.CheckJson(request)) is { } problem) return new ProblemAnswer(problem);
        if (group is null) return new ProblemAnswer(new Problem(RestErrors.BadQuery, "Name the enrollment group: ?group=…"));
        var mediaType = RequestBody.MediaTypeOf(request);
        if (mediaType != MediaTypes.Json || !StringValues.IsNullOrEmpty(request.Headers.ContentEncoding))
            return new ProblemAnswer(RequestBody.UnsupportedMediaType("Send application/json, without Content-Encoding"));
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxLength;
        var usual = new ManifestImport { Group = group, ClaimBatch = claimBatch };
        var import = usual with { DeviceId = deviceId ?? usual.DeviceId, KeyId = keyId ?? usual.KeyId };
        var imported = await manifests.ImportSignedAsync(import, request.Body, context.CallerNow(), ct);
        return imported.TryGet(out var report, out var refusal)
            ? new JsonAnswer<ManifestReportDocument>(ManifestReportDocument.Of(report))
            : new ProblemAnswer(refusal);
    }

    /// <summary>Registers a signer of manifests</summary>
    /// <remarks>Signed manifests are taken from registered signers only. Callers: administrators.</remarks>
    internal static async Task<IResult> AddManifestSigner(HttpContext context, ManifestService manifests, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } badQuery)
            return new ProblemAnswer(badQuery);
        var read = await RequestBody.ReadJsonAsync<ManifestSignerBody>(context.Request, ct);
        if (!read.TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (!PemReader.Read(body.Certificate, ["CERTIFICATE"], MaxPem).TryGet(out var der, out var refusal))
            return new ProblemAnswer(RestErrors.Of(refusal) with { Pointer = "/certificate" });
        var added = await manifests.AddSignerAsync(body.Name, der, context.CallerOf(), ct);
        if (!added.TryGet(out var signer, out refusal)) return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        context.Response.StatusCode = StatusCodes.Status201Created;
        return new JsonAnswer<ManifestSignerDocument>(ManifestSignerDocument.Of(signer));
    }

    /// <summary>Lists the signers of manifests</summary>
    /// <remarks>By name, withdrawn ones too. Callers: administrators.</remarks>
    internal static async Task<IResult> ListManifestSigners(HttpContext context, ManifestService manifests, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<ListDocument<ManifestSignerDocument>>(new ListDocument<ManifestSignerDocument>
            {
                Items = [.. (await manifests.ListSignersAsync(ct)).Select(ManifestSignerDocument.Of)],
            });

    /// <summary>Withdraws a signer of manifests</summary>
    /// <remarks>For ever: nothing that it has signed is imported any more. What was imported stays. Callers: administrators.</remarks>
    /// <param name="name" example="microchip-log-signer-2">The signer.</param>
    internal static async Task<IResult> WithdrawManifestSigner(
        HttpContext context, string name, ManifestService manifests, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return (await manifests.WithdrawSignerAsync(name, context.CallerOf(), ct)).TryGet(out var signer, out var refusal)
            ? new JsonAnswer<ManifestSignerDocument>(ManifestSignerDocument.Of(signer))
            : new ProblemAnswer(refusal);
    }
}
